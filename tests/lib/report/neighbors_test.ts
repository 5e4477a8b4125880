import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { rng } from "../../../lib/random.ts";
import { neighborsOf } from "../../../lib/report/neighbor_grid.ts";
import { type MapPosition, umapOf } from "../../../lib/report/test_images.ts";
import { testOnDevices } from "../../support/devices.ts";

/** `count` rows around as many corners of a cube as there are groups, of other lengths each. */
function groups(count: number, dim: number): Float32Array {
  const random = rng(11, count, dim);
  return Float32Array.from({ length: count * dim }, (_, at) => {
    const [row, d] = [Math.floor(at / dim), at % dim];
    return (1 + row % 5) * (Number(d === row % 3) + 0.15 * random.normal());
  });
}

function cosine(features: Float32Array, dim: number, i: number, j: number): number {
  const row = (r: number) => [...features.subarray(r * dim, (r + 1) * dim)];
  const dot = (x: number[], y: number[]) => x.reduce((sum, v, d) => sum + v * y[d], 0);
  return dot(row(i), row(j)) / Math.sqrt(dot(row(i), row(i)) * dot(row(j), row(j)));
}

testOnDevices("neighbors are the other rows by cosine, nearest first", async (device) => {
  const [count, dim, k] = [300, 6, 5];
  const features = groups(count, dim);
  const before = device.tf.memory().numTensors;
  const found = await neighborsOf(device, features, dim, k);
  assertEquals(device.tf.memory().numTensors, before);
  assertEquals(found.length, count);
  for (const i of [0, 1, 255, 256, 299]) {
    const others = Array.from({ length: count }, (_, j) => j).filter((j) => j !== i);
    const expected = others.map((j) => cosine(features, dim, i, j)).sort((a, b) => b - a);
    assertEquals(found[i].rows.length, k);
    assert(!found[i].rows.includes(i));
    found[i].rows.forEach((j, place) => {
      assertAlmostEquals(found[i].cosines[place], expected[place], 1e-5);
      assertAlmostEquals(cosine(features, dim, i, j), expected[place], 1e-5);
    });
  }
});

testOnDevices("a map keeps groups together, and is the same each time", async (device) => {
  const [count, dim] = [60, 6];
  const neighbors = await neighborsOf(device, groups(count, dim), dim, 15);
  const reports: number[] = [];
  const positions = await umapOf(neighbors, { seed: 0, progress: (done) => reports.push(done) });
  assertEquals(positions.length, count);
  assert(positions.flat().every(Number.isFinite));
  assert(reports.length > 2 && reports[0] === 0);
  assertEquals(await umapOf(neighbors, { seed: 0 }), positions);
  const distance = ([x, y]: MapPosition, [u, v]: MapPosition) => Math.hypot(x - u, y - v);
  const nearest = positions.map((place, i) =>
    positions.map((other, j) => [i === j ? Infinity : distance(place, other), j])
      .sort(([a], [b]) => a - b)[0][1]
  );
  const together = nearest.filter((j, i) => j % 3 === i % 3).length;
  assert(together >= count - 2, `${together} of ${count} are beside one of their group`);
});

testOnDevices("a signal ends a map", async (device) => {
  const neighbors = await neighborsOf(device, groups(20, 6), 6, 15);
  const reason = new Error("stop");
  const error = await umapOf(neighbors, { seed: 0, signal: AbortSignal.abort(reason) })
    .then(() => undefined, (error) => error);
  assertEquals(error, reason);
});

testOnDevices("the smallest map has five images", async (device) => {
  const neighbors = await neighborsOf(device, groups(5, 6), 6, 4);
  const positions = await umapOf(neighbors, { seed: 0 });
  assertEquals(new Set(positions.map(String)).size, 5);
});
