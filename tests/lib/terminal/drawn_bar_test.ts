import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { widthOf } from "../../../lib/terminal/text.ts";
import { inFolder } from "../../support/folders.ts";
import { inTerminal, testInTerminal } from "../../support/pseudo_terminal.ts";

const MODULE = new URL("../../../lib/terminal/progress.ts", import.meta.url).href;
const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));

/** A training of eight steps with an evaluation after four. */
const SCRIPT = `
  const { progressBar } = await import("${MODULE}");
  const bar = await progressBar();
  const wait = () => new Promise((resolve) => setTimeout(resolve, 110));
  for (let done = 1; done <= 8; done++) {
    const text = "epoch " + Math.ceil(done / 4) + "   loss 4.4070   1170 images/s";
    bar.show({ task: "training", done, total: 8, unit: "steps" }, text, Math.ceil(done / 4));
    await wait();
    if (done !== 4) continue;
    for (const done of [1, 2]) {
      bar.show({ task: "features", done, total: 2, unit: "images" });
      await wait();
    }
  }
  bar.end();
  console.error("after");
`;

async function drawn(
  columns: number,
  env: Record<string, string> = {},
  setup = "",
): Promise<string> {
  let text = "";
  await inFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/bar.ts`, SCRIPT);
    const run = `${setup}'${Deno.execPath()}' run -A --no-check '--config=${CONFIG}' bar.ts`;
    const outcome = await inTerminal(run, { columns, cwd, env });
    assertEquals(outcome.code, 0, outcome.text);
    text = outcome.text;
  });
  return text;
}

/** What was drawn over and over, one string each. */
const frames = (text: string) =>
  // deno-lint-ignore no-control-regex
  text.split(/\x1b\[1G|\r\n|\n/).map(stripVTControlCharacters).map((line) => line.trimEnd());

testInTerminal(
  "a bar is drawn in place, never wider than the terminal, and leaves one line",
  async () => {
    const text = await drawn(60);
    for (const frame of frames(text)) assert(widthOf(frame) < 60, frame);
    assertStringIncludes(text, "\x1b[36m█");
    assertMatch(stripVTControlCharacters(text), /features.*1\/2 images/);
    // Hidden while it is drawn, and back again.
    assert(text.lastIndexOf("\x1b[?25h") > text.lastIndexOf("\x1b[?25l"));
    const lines = text.split("\r\n").map((line) => frames(line).at(-1));
    assertEquals(lines, ["training   100 %   8/8 steps   epoch 2   loss 4.4070", "after", ""]);
  },
);

testInTerminal("the bar follows when the window becomes narrower", async () => {
  const text = await drawn(78, {}, "(sleep 0.7; stty cols 40 </dev/tty) & ");
  const widths = frames(text).map(widthOf);
  assert(Math.max(...widths) > 50);
  assertEquals(
    frames(text).filter((frame) => frame.startsWith("training")).at(-1),
    "training   100 %   8/8 steps   epoch 2",
  );
});

testInTerminal(
  "with NO_COLOR there is no color; with CI or TERM=dumb there is a line for each epoch",
  async () => {
    assert(!(await drawn(60, { NO_COLOR: "1" })).includes("[36m"));
    const logs: Record<string, string>[] = [{ CI: "true" }, { TERM: "dumb" }];
    for (const env of logs) {
      // What is left to strip is of Deno itself.
      const lines = stripVTControlCharacters(await drawn(60, env)).split("\r\n");
      assertEquals(lines, [
        "training   4/8 steps   epoch 1   loss 4.4070   1170 images/s",
        "training   8/8 steps   epoch 2   loss 4.4070   1170 images/s",
        "after",
        "",
      ]);
    }
  },
);
