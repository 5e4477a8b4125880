import { assertEquals } from "@std/assert";
import { isWatched } from "../../../lib/terminal/progress.ts";
import { progressLines } from "../../../lib/terminal/progress.ts";

Deno.test("a bar is drawn on a terminal, but not for a log: pipes, CI, TERM=dumb", () => {
  const cases: [boolean, Record<string, string>, boolean][] = [
    [true, { TERM: "xterm-256color" }, true],
    [true, { TERM: "xterm", CI: "" }, true],
    [true, { TERM: "xterm", CI: "false" }, true],
    [true, {}, true],
    [true, { TERM: "xterm", CI: "true" }, false],
    [true, { TERM: "dumb" }, false],
    [false, { TERM: "xterm" }, false],
  ];
  for (const [isTerminal, env, watched] of cases) {
    assertEquals(isWatched(isTerminal, env.TERM, env.CI), watched, JSON.stringify(env));
  }
});

Deno.test("in a log every epoch is one line, at its end; steps on the way are none", () => {
  const lines: string[] = [];
  const { show, end } = progressLines((line) => lines.push(line));
  for (let done = 1; done <= 6; done++) {
    const epoch = Math.ceil(done / 2);
    show({ task: "training", done, total: 6, unit: "steps" }, `epoch ${epoch}`, epoch);
    // As an evaluation after every epoch.
    if (done % 2 === 0) show({ task: "features", done: 9, total: 9, unit: "images" });
  }
  end();
  assertEquals(lines, [
    "training   2/6 steps   epoch 1",
    "training   4/6 steps   epoch 2",
    "training   6/6 steps   epoch 3",
  ]);
});

Deno.test("a task without stages is one line, at its end", () => {
  const lines: string[] = [];
  const { show } = progressLines((line) => lines.push(line));
  for (let done = 1; done <= 3; done++) {
    show({ task: "run 1 of 2", done, total: 3, unit: "steps" }, "hard, seed 0");
  }
  assertEquals(lines, ["run 1 of 2   3/3 steps   hard, seed 0"]);
});

Deno.test("a long epoch or download prints a line every 30 seconds", () => {
  const lines: string[] = [];
  let now = 0;
  const { show } = progressLines((line) => lines.push(line), () => now);
  const seconds = (from: number, to: number, act: (second: number) => void) => {
    for (let second = from; second < to; second++) {
      now = 1000 * second;
      act(second);
    }
  };
  seconds(0, 70, (done) => show({ task: "downloading", done: done * 1e6, total: 7e7, unit: "B" }));
  seconds(70, 170, (done) => {
    const epoch = done < 120 ? 1 : 2;
    show({ task: "training", done, total: 200, unit: "steps" }, `epoch ${epoch}`, epoch);
  });
  assertEquals(lines, [
    "downloading   30.0/70.0 MB",
    "downloading   60.0/70.0 MB",
    "training   100/200 steps   epoch 1",
    "training   119/200 steps   epoch 1",
    "training   150/200 steps   epoch 2",
  ]);
});
