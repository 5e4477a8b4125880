import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { readMetrics } from "../../../lib/run/metrics.ts";
import { latestRun, listCheckpoints } from "../../../lib/run/run_folder.ts";
import { TINY } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { testInTerminal } from "../../support/pseudo_terminal.ts";

const SCRIPT = fileURLToPath(new URL("../../support/busy_command.ts", import.meta.url));

/** Starts the script, and gives what waits for words on its standard error. */
function start(file: string, how: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SCRIPT, file, how],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (words: string) => {
    while (!text.includes(words)) {
      const { done, value } = await reader.read();
      assert(!done, `no "${words}" in: ${text}`);
      text += value;
    }
    return text;
  };
  return { child, until, end: () => reader.cancel() };
}

Deno.test("a signal in a long step is answered at once, and a second one still saves", async () => {
  const folder = await Deno.makeTempDir();
  const { child, until, end } = start(`${folder}/go`, "watched");
  await until("busy");
  child.kill("SIGINT");
  const said = await until("without saving.");
  assertStringIncludes(said, "SIGINT: the step under way is finished, then the run is saved");
  assert(!said.includes("free"), "said before the step ends");
  child.kill("SIGINT");
  await Deno.writeTextFile(`${folder}/go`, "");
  await until("saved\n");
  assertEquals((await child.status).code, 0);
  await end();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a second signal says that nothing is saved, and ends the process with its code", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/go`, "");
  const { child, until, end } = start(`${folder}/go`, "unwatched");
  await until("free");
  child.kill("SIGUSR1");
  await until("SIGUSR1: the step under way is finished");
  await until("saving");
  await new Promise((resolve) => setTimeout(resolve, 600));
  // A scheduler's second warning is none; a person's is.
  child.kill("SIGUSR1");
  child.kill("SIGTERM");
  await until("Ended by a second SIGTERM, without saving.");
  assertEquals((await child.status).code, 143);
  await end();
  await Deno.remove(folder, { recursive: true });
});

testInTerminal("a training whose terminal goes away is saved", () =>
  inFolder(async (cwd) => {
    const [config, cli] = ["deno.json", "cli.ts"].map((name) =>
      fileURLToPath(new URL(`../../../${name}`, import.meta.url))
    );
    const train = `exec ${Deno.execPath()} run -A --no-check --config=${config} ${cli} train ` +
      [...TINY, "--epochs=100000", "--save_every=0", "--eval_every=0", "--log_every=1"].join(" ");
    const { CI: _, ...env } = Deno.env.toObject();
    const terminal = new Deno.Command("script", {
      args: ["-qfc", train, "/dev/null"],
      cwd,
      clearEnv: true,
      env: { ...env, TERM: "xterm-256color" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const until = async (holds: (run: string) => Promise<boolean>) => {
      for (let i = 0; i < 600; i++) {
        const run = await latestRun(`${cwd}/runs`);
        if (run && await holds(run)) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error("not within half a minute");
    };
    await until(async (run) => (await readMetrics(run)).length > 1);
    terminal.kill("SIGKILL");
    await terminal.status;
    await until(async (run) => {
      const locked = await Deno.stat(`${run}/lock`).then(() => true, () => false);
      return !locked && (await listCheckpoints(run)).length === 1;
    });
  }));
