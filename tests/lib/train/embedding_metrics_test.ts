import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Device } from "../../../lib/device/device.ts";
import {
  type EmbeddingMetrics,
  embeddingMetrics,
  measureEmbeddings,
} from "../../../lib/train/embedding_metrics.ts";
import { effectiveRank } from "../../../lib/train/embedding_metrics.ts";
import { randomViews } from "../../support/check_gradient.ts";
import { testOnDevices } from "../../support/devices.ts";

async function measured(device: Device, views: number[][][]): Promise<EmbeddingMetrics> {
  const { tf } = device;
  const tensors = views.map((view) => tf.tensor2d(view));
  const before = tf.memory().numTensors;
  const held = measureEmbeddings(tensors);
  assertEquals(tf.memory().numTensors, before + 3);
  const all = tf.tidy(() => tf.concat1d(held.map((tensor) => tensor.as1D())));
  const values = Float32Array.from(await all.data());
  tf.dispose([held, all, tensors]);
  return embeddingMetrics(values, views[0][0].length);
}

const unit = (row: number[]) => row.map((x) => x / Math.hypot(...row));
const distance = (x: number[], y: number[]) => x.reduce((sum, v, d) => sum + (v - y[d]) ** 2, 0);
const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;

/** Wang & Isola's `align_loss` and `uniform_loss`, in float64. */
function reference(views: number[][][], sample: number) {
  const [first, ...others] = views.map((view) => view.map(unit));
  const uniform = (rows: number[][]) =>
    Math.log(
      mean(rows.flatMap((x, i) => rows.slice(i + 1).map((y) => Math.exp(-2 * distance(x, y))))),
    );
  return {
    alignment: mean(others.flatMap((other) => other.map((y, i) => distance(first[i], y)))),
    uniformity: mean([first, others[0]].map((rows) => uniform(rows.slice(0, sample)))),
    rankme: effectiveRank(
      Float32Array.from(first.slice(0, sample).flat()),
      first[0].length,
    ),
  };
}

for (
  const { count, batch, dim, norm } of [
    { count: 2, batch: 16, dim: 8, norm: true },
    { count: 2, batch: 2, dim: 5, norm: false },
    { count: 3, batch: 7, dim: 3, norm: false },
    { count: 2, batch: 300, dim: 4, norm: true },
  ]
) {
  const rows = norm ? "unit rows" : "rows of any length";
  testOnDevices(
    `alignment, uniformity and rank of ${count} views of ${batch} ${rows} are the reference's`,
    async (device) => {
      const views = randomViews({ seed: 5, count, batch, dim, unit: norm });
      const expected = reference(views, 256);
      const { alignment = NaN, uniformity = NaN, rankme = NaN } = await measured(device, views);
      assertAlmostEquals(alignment, expected.alignment, 2e-6);
      assertAlmostEquals(uniformity, expected.uniformity, 1e-5);
      assertAlmostEquals(rankme, expected.rankme, 1e-4);
    },
  );
}

testOnDevices("views that agree are aligned, and one point is not uniform", async (device) => {
  const view = Array.from({ length: 4 }, () => [0, 2, 0]);
  const { alignment, uniformity, rankme } = await measured(device, [view, view]);
  assertEquals([alignment, uniformity], [0, 0]);
  assertAlmostEquals(rankme!, 1, 1e-6);
});

testOnDevices("a batch of one example has no uniformity", async (device) => {
  const metrics = await measured(device, [[[1, 0]], [[0, 1]]]);
  assertEquals(Object.keys(metrics), ["alignment", "rankme"]);
  assertAlmostEquals(metrics.alignment!, 2, 1e-6);
});

Deno.test("embeddings that are no numbers are not measured", () => {
  assertEquals(embeddingMetrics(new Float32Array([0.5, -1, 1, NaN]), 2), {});
  assert(embeddingMetrics(new Float32Array([0.5, -1, 1, 0]), 2).rankme === 1);
});
