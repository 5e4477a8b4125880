/**
 * Random views: the TypeScript reference on one thread, in place of a stock kernel, which there is
 * none of, and ours on the device from bytes that are there. Several epochs at once, as waiting for
 * the device takes about as long as one.
 *
 * @module
 */
import { rng, STREAM, streamKey } from "../../lib/random.ts";
import { augment } from "../../lib/views/augment.ts";
import { makeViews, putImages } from "../../lib/views/on_device.ts";
import { viewOptions } from "../../lib/views/options.ts";
import type { Comparison } from "../support/paired.ts";

const IMAGES = 256;
const EPOCHS = 16;

const SETTINGS = [
  { shape: [96, 96, 3], cropSize: 32, target: 4 },
  { shape: [32, 32, 3], cropSize: 32 },
  { shape: [28, 28, 1], cropSize: 28 },
  { shape: [96, 96, 3], cropSize: 96 },
];

/** What is timed here. */
export const comparisons: Comparison[] = SETTINGS.map(({ shape, cropSize, target }) => {
  const options = viewOptions.parse({ cropSize });
  const [mean, std] = [Array(shape[2]).fill(0.5), Array(shape[2]).fill(0.25)];
  const rows = Array.from({ length: IMAGES }, (_, i) => i);
  const epochs = Array.from({ length: EPOCHS }, (_, epoch) => epoch);
  const pixels = shape.reduce((product, n) => product * n, 1);
  const images = () => {
    const random = rng(0);
    return Uint8Array.from({ length: IMAGES * pixels }, () => random.int(256));
  };
  return {
    what: `views (stock: TypeScript, one thread), ${EPOCHS} × ${IMAGES} of ${shape.join("×")} ` +
      `to ${cropSize}×${cropSize}`,
    target,
    stock: () => {
      const bytes = images();
      return () => {
        for (const epoch of epochs) {
          augment(bytes, shape, rows, { seed: 0, epoch, view: 0 }, options, mean, std);
        }
      };
    },
    ours: () => {
      const kept = putImages(images(), pixels, 128 * 2 ** 20);
      return () =>
        epochs.map((epoch) =>
          makeViews(kept, {
            rows,
            indices: rows,
            key: streamKey(0, STREAM.views, epoch),
            viewCount: 1,
            shape,
            options,
            mean,
            std,
          })
        );
    },
  };
});
