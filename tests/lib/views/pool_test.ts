import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { PluginError, TauplusError } from "../../../lib/errors.ts";
import { augment } from "../../../lib/views/augment.ts";
import { viewOptions } from "../../../lib/views/options.ts";
import { createViewMaker } from "../../../lib/views/pool.ts";
import { testImage } from "./oracle.ts";

const options = viewOptions.parse({ cropSize: 9 });
const shape = [12, 10, 3];
const keys = [{ seed: 3, epoch: 1, view: 0 }, { seed: 3, epoch: 1, view: 1 }];
const all = testImage(6 * 12, 10, 3);
const moments: [number[], number[]] = [[0.5, 0.4, 0.3], [0.2]];

Deno.test("views made on another thread are those made on this one, to the bit", async () => {
  const maker = createViewMaker();
  // Parts of larger arrays, and two jobs at once.
  const bytes = all.subarray(360, 360 * 5);
  const floats = Float32Array.from(all, (v) => v / 9).subarray(0, 720);
  const jobs = [
    { examples: bytes, indices: Uint32Array.of(8, 1, 5, 3) },
    { examples: floats, indices: [7, 2 ** 31] },
    { examples: new Uint8Array(0), indices: [] },
  ];
  const made = await Promise.all(
    jobs.map(({ examples, indices }) =>
      maker.make(examples, shape, indices, keys, options, ...moments)
    ),
  );
  jobs.forEach(({ examples, indices }, i) => {
    const expected = keys.map((key) => augment(examples, shape, indices, key, options, ...moments));
    assertEquals(made[i], expected);
  });
  maker.close();
});

Deno.test("the examples stay the caller's", async () => {
  const maker = createViewMaker();
  const mine = all.slice();
  await maker.make(mine, shape, [0, 1, 2, 3, 4, 5], keys, options, ...moments);
  assertEquals(mine, all);
  maker.close();
});

Deno.test("a bad batch is refused as in one process, and a job that fails does not end the others", async () => {
  const maker = createViewMaker();
  const make = (n: number, changed = options) =>
    maker.make(all.subarray(0, 360), shape, [0, 1].slice(0, n), keys, changed, ...moments);
  assertStringIncludes((await assertRejects(() => make(2), PluginError)).message, "2 examples");
  const broken = make(1, { ...options, cropSize: 2 ** 40 });
  const fine = make(1);
  await assertRejects(() => broken, TauplusError, "Cannot make views: ");
  assertEquals((await fine).length, 2);
  maker.close();
});

Deno.test("closing rejects unfinished and later requests", async () => {
  const maker = createViewMaker();
  const make = () => maker.make(all, shape, [0, 1, 2, 3, 4, 5], keys, options, ...moments);
  const pending = make();
  make(); // awaited by nobody: must not be reported as unhandled
  maker.close();
  await assertRejects(() => pending, TauplusError, "closed");
  await assertRejects(make, TauplusError, "closed");
  maker.close();
});

Deno.test({
  name: "a thread that cannot start rejects every job",
  permissions: { read: false },
  fn: async () => {
    const maker = createViewMaker();
    const make = () => maker.make(all, shape, [0, 1, 2, 3, 4, 5], keys, options, ...moments);
    await assertRejects(make, TauplusError, "Cannot make views: their thread failed");
    await assertRejects(make, TauplusError, "Cannot make views: their thread failed");
    maker.close();
  },
});
