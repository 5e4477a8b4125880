/**
 * `deno task test`: runs the tests and closes with the plain line `N passed, N failed, N skipped`.
 */
import { stripVTControlCharacters } from "node:util";

const decoder = new TextDecoder();
const child = new Deno.Command(Deno.execPath(), {
  // Each file on a thread of its own, as many as there are cores: most of them wait for one.
  args: [
    "test",
    "--lock=deno.lock",
    "--frozen",
    "-A",
    "--doc",
    "--no-prompt",
    "--parallel",
    ...Deno.args,
  ],
  stdout: "piped",
  stderr: "inherit",
}).spawn();

let tail = "";
for await (const chunk of child.stdout) {
  Deno.stdout.writeSync(chunk);
  tail = (tail + decoder.decode(chunk, { stream: true })).slice(-2000);
}
const { code } = await child.status;

const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(summary())?.[1] ?? 0);
function summary(): string {
  return stripVTControlCharacters(tail).trimEnd().split("\n").findLast((line) =>
    / passed /.test(line)
  ) ?? "";
}
const line = `${count("passed")} passed, ${count("failed")} failed, ${count("ignored")} skipped\n`;
Deno.stdout.writeSync(new TextEncoder().encode(line));
Deno.exit(code);
