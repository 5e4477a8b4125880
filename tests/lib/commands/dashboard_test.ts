import { assertEquals, assertStringIncludes } from "@std/assert";
import { runCommand, startCommand } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { refused } from "../../support/refused.ts";
import { writeRun } from "../../support/run_folders.ts";

/** The first line that a process writes, as it writes it. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n")) break;
  }
  return text.trimEnd();
}

Deno.test("dashboard prints its address, and Ctrl-C ends it at once, also with readers", () =>
  inFolder(async (cwd) => {
    await writeRun(`${cwd}/runs`, "a b", [{ step: 1, loss: 2 }]);
    const child = startCommand(cwd, ["dashboard", "--port=0", "--run=runs/a b"]);
    const line = await firstLine(child.stdout);
    const [, url] = /^dashboard: (http:\/\/127\.0\.0\.1:\d+\/\?run=a\+b)$/.exec(line) ?? [];
    const events = await fetch(url.replace("?", "events?"));
    const reader = events.body!.getReader();
    await reader.read();
    child.kill("SIGINT");
    assertEquals((await child.status).code, 130);
    const stderr = await new Response(child.stderr).text();
    assertEquals(stderr, "It shows the runs in runs until Ctrl-C.\nStopped by SIGINT.\n");
    await reader.cancel().catch(() => {});
  }));

Deno.test("dashboard refuses a port that is none or is taken, a run that is not there, and a file", () =>
  inFolder(async (cwd) => {
    using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await Deno.writeTextFile(`${cwd}/file`, "");
    const taken = `--port=${other.addr.port}`;
    for (
      const [flag, ...words] of [
        [taken, `127.0.0.1:${other.addr.port}`, "the port must be free", "--port"],
        ["--port=70000", "set --port", "70000"],
        ["--run=nothing", "show the run nothing", "the folder runs must contain it"],
        ["--run=..", "show the run ..", "the folder runs must contain it"],
        ["--out=file", "show the runs in file", "it must be a folder"],
      ]
    ) {
      refused(await runCommand(cwd, ["dashboard", flag]), 2, ...words);
    }
    const help = await runCommand(cwd, ["dashboard", "--help"]);
    assertStringIncludes(help.stdout, "--port=6007");
  }));
