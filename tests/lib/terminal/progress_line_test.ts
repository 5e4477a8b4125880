import { assert, assertEquals } from "@std/assert";
import { progressLine } from "../../../lib/terminal/drawn_bar.ts";
import { widthOf } from "../../../lib/terminal/text.ts";

const training = {
  task: "training",
  done: 15,
  total: 30,
  unit: "steps",
  text: "epoch 1   loss 4.4070   1170 images/s",
  left: 125,
};

Deno.test("where there is room a line has everything", () => {
  assertEquals(
    progressLine(training, 120),
    "training   ████████████░░░░░░░░░░░░  50 %   15/30 steps   " +
      "epoch 1   loss 4.4070   1170 images/s   2 min left",
  );
});

Deno.test("a line is never wider than its columns, and says the task first and longest", () => {
  for (const state of [training, { ...training, task: "lädt 图像数据集 herunter" }]) {
    for (let columns = 1; columns <= 130; columns++) {
      const line = progressLine(state, columns);
      assert(widthOf(line) <= columns, `${columns}: ${line}`);
      assert(line.startsWith(state.task) || line.endsWith("…") || line === "", line);
    }
  }
});

Deno.test("the bar goes first, then the speed, the time and the loss", () => {
  const at = (columns: number) => progressLine(training, columns);
  assertEquals(at(79), "training    50 %   15/30 steps   epoch 1   loss 4.4070   2 min left");
  assertEquals(at(60), "training    50 %   15/30 steps   epoch 1   loss 4.4070");
  assertEquals(at(50), "training    50 %   15/30 steps   epoch 1");
  assertEquals(at(17), "training    50 %");
  assertEquals(at(6), "train…");
});

Deno.test("where the total is not known there is no share, and at the end no time", () => {
  const { left: _, ...timeless } = training;
  assertEquals(
    progressLine({ ...timeless, text: undefined, total: 0 }, 80),
    "training   15 steps",
  );
  assertEquals(
    progressLine({ ...training, done: 30, text: undefined }, 80),
    "training   ████████████████████████ 100 %   30/30 steps",
  );
});
