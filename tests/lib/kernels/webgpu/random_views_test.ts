import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { rng, STREAM, streamKey } from "../../../../lib/random.ts";
import { augment } from "../../../../lib/views/augment.ts";
import { makesViews, makeViews, putImages } from "../../../../lib/views/on_device.ts";
import { type ViewOptions, viewOptions } from "../../../../lib/views/options.ts";
import { testOnDevices, testOnWebgpu } from "../../../support/devices.ts";
import golden from "../../../golden/views.json" with { type: "json" };
import { assertClose, smoothImage } from "../../views/oracle.ts";

const MEAN = [0.5, 0.4, 0.3, 0.2];
const STD = [0.2, 0.25, 0.3, 0.35];
const strong = {
  jitter: 0.9,
  brightness: 0.8,
  contrast: 0.8,
  saturation: 0.8,
  hue: 0.4,
  blur: 0.7,
};

/** `n` images of random bytes, and their indices. */
function someImages(n: number, shape: number[]) {
  const random = rng(5, ...shape);
  const length = n * shape[0] * shape[1] * shape[2];
  const bytes = Uint8Array.from({ length }, () => random.int(256));
  return { bytes, indices: Array.from({ length: n }, (_, i) => 100 + 7 * i) };
}

/** Two views of each image made on the device, in parts of at most `limit` bytes. */
async function onDevice(
  { bytes, indices }: ReturnType<typeof someImages>,
  shape: number[],
  options: ViewOptions,
  limit = 2 ** 20,
): Promise<Float32Array[]> {
  const tensors = tf.memory().numTensors;
  const images = putImages(bytes, shape[0] * shape[1] * shape[2], limit);
  const views = makeViews(images, {
    rows: [...indices.keys()],
    indices,
    key: streamKey(1, STREAM.views, 2),
    viewCount: 2,
    shape,
    options,
    mean: MEAN.slice(0, shape[2]),
    std: STD.slice(0, shape[2]),
  });
  const { cropSize } = options;
  for (const view of views) {
    assertEquals(view.shape, [indices.length, cropSize, cropSize, shape[2]]);
  }
  const values = await Promise.all(views.map((view) => view.data<"float32">()));
  tf.dispose([views, images.parts]);
  assertEquals(tf.memory().numTensors, tensors, "tensors kept");
  return values;
}

testOnWebgpu("views are those of the reference to 1e-5, for all sizes and channels", async () => {
  const settings: [number[], Partial<ViewOptions>][] = [
    [[13, 9, 3], { cropSize: 11, blurKernel: 5 }],
    [[7, 21, 1], { cropSize: 11, blurKernel: 5 }],
    [[8, 5, 2], { cropSize: 11, blurKernel: 5 }],
    [[8, 8, 4], { cropSize: 11, blurKernel: 5 }],
    [[1, 1, 3], { cropSize: 11, blurKernel: 5 }],
    [[61, 90, 3], { cropSize: 11, blurKernel: 5 }],
    [[40, 30, 3], { cropSize: 1, blur: 0 }],
    [[19, 40, 3], { cropSize: 70 }],
    [[50, 50, 3], { cropSize: 32 }],
    [[50, 50, 1], { cropSize: 20 }],
  ];
  for (const [shape, changed] of settings) {
    const options = viewOptions.parse({ ...strong, ...changed });
    const images = someImages(24, shape);
    const views = await onDevice(images, shape, options);
    views.forEach((values, view) => {
      const [mean, std] = [MEAN.slice(0, shape[2]), STD.slice(0, shape[2])];
      const key = { seed: 1, epoch: 2, view };
      const expected = augment(images.bytes, shape, images.indices, key, options, mean, std);
      assertClose(values, expected, 1e-5, `[${shape}] → ${options.cropSize}, view ${view}`);
    });
  }
});

testOnWebgpu("with everything off a view is the normalized image", async () => {
  const options = viewOptions.parse({
    cropSize: 11,
    cropScaleMin: 1,
    cropRatioMin: 1,
    cropRatioMax: 1,
    flip: 0,
    jitter: 0,
    grayscale: 0,
    blur: 0,
  });
  const images = someImages(3, [11, 11, 3]);
  const expected = Array.from(images.bytes, (v, i) => (v / 255 - MEAN[i % 3]) / STD[i % 3]);
  for (const view of await onDevice(images, [11, 11, 3], options)) {
    assertClose(view, expected, 1e-6);
  }
});

testOnWebgpu("images in several parts give the views of one part, to the bit", async () => {
  for (const shape of [[7, 21, 1], [8, 8, 4]]) {
    const images = someImages(10, shape);
    const options = viewOptions.parse({ ...strong, cropSize: 11, blurKernel: 5 });
    const [one, other] = await onDevice(images, shape, options);
    assert(one.some((value, i) => value !== other[i]), "the two views differ");
    // 3 or 4 images of 147 bytes padded to 148; 2 of 256.
    assertEquals(await onDevice(images, shape, options, 600), [one, other]);
    // A view depends on its image and index alone.
    const size = shape[0] * shape[1] * shape[2];
    const alone = { bytes: images.bytes.slice(4 * size, 5 * size), indices: [128] };
    const length = one.length / 10;
    assertEquals(await onDevice(alone, shape, options), [
      one.slice(4 * length, 5 * length),
      other.slice(4 * length, 5 * length),
    ]);
  }
});

testOnDevices("a device says which views it makes", (device) => {
  const able = device.name === "webgpu";
  const options = viewOptions.parse({});
  assertEquals(makesViews([96, 96, 3], options), able);
  assertEquals(makesViews([28, 28, 1], options), able);
  assertEquals(makesViews([12], options), false);
  assertEquals(makesViews([28, 28, 5], options), false);
  assertEquals(makesViews([4000, 28, 3], options), false);
  assertEquals(makesViews([96, 96, 3], { ...options, blurKernel: 99 }), false);
  assertEquals(makesViews([96, 96, 3], { ...options, blurKernel: 99, blur: 0 }), able);
});

testOnWebgpu("whole views are torchvision's", async () => {
  for (const { shape, seed, epoch, rows, indices, mean, std, ...expected } of golden.pipeline) {
    const options = viewOptions.parse(expected.options);
    const bytes = smoothImage(shape[0], shape[1], shape[2]);
    const images = putImages(bytes, bytes.length, 2 ** 20);
    const views = makeViews(images, {
      rows: indices.map(() => 0),
      indices,
      key: streamKey(seed, STREAM.views, epoch),
      viewCount: 2,
      shape,
      options,
      mean,
      std,
    });
    for (const [number, view] of views.entries()) {
      const values = await view.data<"float32">();
      expected.views[number].forEach(({ tensor }, i) => {
        const length = options.cropSize * shape[2];
        const actual = rows.flatMap((row) => {
          const start = (i * options.cropSize + row) * length;
          return Array.from(values.subarray(start, start + length));
        });
        const what = `[${shape}], index ${indices[i]}, view ${number}`;
        assertClose(actual, tensor, 1e-5, what);
      });
    }
    tf.dispose([views, images.parts]);
  }
});
