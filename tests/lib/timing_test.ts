/** How works are measured; how long they take is nobody's test. */
import { assertEquals } from "@std/assert";
import { median, timeInTurn } from "../../lib/timing.ts";

/** Counts the runs between start and stop, in place of time. */
function counted() {
  const runs: string[] = [];
  return {
    runs,
    work: (name: string) => () => void runs.push(name),
    meter: () => {
      const before = runs.length;
      return () => runs.slice(before).join();
    },
  };
}

Deno.test("each work runs once to warm up, then they take turns", async () => {
  const { runs, work, meter } = counted();
  const measured = await timeInTurn([work("a"), work("b")], { rounds: 2, meter });
  assertEquals(runs.join(""), "ababab");
  assertEquals(measured, [["a", "a"], ["b", "b"]]);
});

Deno.test("when the budget is spent, no round but the first is run", async () => {
  const { work, meter } = counted();
  assertEquals(await timeInTurn([work("a")], { rounds: 9, budget: 0, meter }), [["a"]]);
});

Deno.test("the median is the middle, or the mean of the two in the middle", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 2]), 2.5);
  assertEquals(median([]), NaN);
});
