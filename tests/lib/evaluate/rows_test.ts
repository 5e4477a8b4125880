import { assertEquals, assertRejects } from "@std/assert";
import { TrainingError, UsageError } from "../../../lib/errors.ts";
import { collectRows } from "../../../lib/evaluate/features.ts";

const INDICES = Int32Array.of(4, 0, 7, 2, 9);
const options = { task: "features of test", batchSize: 2 };
const twice = (batch: Int32Array) =>
  Promise.resolve(Float32Array.from(Array.from(batch).flatMap((index) => [index, 2 * index])));

Deno.test("rows are in the order of the indices, and the last batch may be shorter", async () => {
  const sizes: number[] = [];
  const done: number[] = [];
  const rows = await collectRows(INDICES, 2, (batch) => {
    sizes.push(batch.length);
    return twice(batch);
  }, { ...options, progress: (progress) => done.push(progress.done) });
  assertEquals([...rows], [4, 8, 0, 0, 7, 14, 2, 4, 9, 18]);
  assertEquals([sizes, done], [[2, 2, 1], [0, 2, 4, 5]]);
});

Deno.test("a value that is not finite is an error that names the example", async () => {
  const broken = async (batch: Int32Array) =>
    (await twice(batch)).map((value) => value === 14 ? NaN : value);
  await assertRejects(
    () => collectRows(INDICES, 2, broken, options),
    TrainingError,
    "Cannot compute features of test: every value of example 7 must be finite, got NaN.",
  );
});

Deno.test("an aborted signal ends the work between batches with its own reason", async () => {
  const controller = new AbortController();
  const batches: number[] = [];
  const rows = collectRows(INDICES, 2, (batch) => {
    batches.push(batch.length);
    controller.abort(new Error("SIGINT"));
    return twice(batch);
  }, { ...options, signal: controller.signal });
  await assertRejects(() => rows, Error, "SIGINT");
  assertEquals(batches, [2]);
});

Deno.test("a batch of no examples is a UsageError, not an endless loop", async () => {
  await assertRejects(
    () => collectRows(INDICES, 2, twice, { ...options, batchSize: 0 }),
    UsageError,
    "the batch size must be a positive integer, got 0",
  );
});
