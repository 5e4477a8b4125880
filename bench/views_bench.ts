/**
 * Time of one view on the processor, one thread: `deno bench bench/views_bench.ts`. Each
 * iteration makes 64 views.
 */
import { augment } from "../lib/views/augment.ts";
import { normalize } from "../lib/views/normalize.ts";
import { viewOptions } from "../lib/views/options.ts";
import { rng } from "../lib/random.ts";

const BATCH = 64;

for (
  const { name, shape, settings } of [
    { name: "28×28×1 → 28", shape: [28, 28, 1], settings: { cropSize: 28 } },
    { name: "32×32×3 → 32", shape: [32, 32, 3], settings: {} },
    { name: "96×96×3 → 32", shape: [96, 96, 3], settings: {} },
    { name: "96×96×3 → 96", shape: [96, 96, 3], settings: { cropSize: 96 } },
  ]
) {
  const options = viewOptions.parse(settings);
  const random = rng(0);
  const length = BATCH * shape.reduce((a, b) => a * b);
  const images = Uint8Array.from({ length }, () => random.int(256));
  const indices = Uint32Array.from({ length: BATCH }, (_, i) => i);
  let epoch = 0;
  Deno.bench(`${BATCH} views, ${name}`, { group: name }, () => {
    augment(images, shape, indices, { seed: 0, epoch: epoch++, view: 0 }, options, [0.5], [0.25]);
  });
  Deno.bench(`${BATCH} images normalized, ${name}`, { group: name }, () => {
    normalize(images, shape, [0.5], [0.25]);
  });
}
