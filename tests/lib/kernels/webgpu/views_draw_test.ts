import { assertEquals } from "@std/assert";
import { webgpuBackend } from "../../../../lib/kernels/webgpu/program.ts";
import {
  DRAWN,
  DRAWN_WORDS,
  drawViews,
  OPERATIONS,
} from "../../../../lib/kernels/webgpu/views_draw.ts";
import { rng, STREAM, streamKey } from "../../../../lib/random.ts";
import { viewDraws } from "../../../../lib/views/on_device.ts";
import { viewOptions } from "../../../../lib/views/options.ts";
import { viewParameters } from "../../../../lib/views/parameters.ts";
import { testOnWebgpu } from "../../../support/devices.ts";
import { assertClose } from "../../views/oracle.ts";

testOnWebgpu(
  "views are drawn as the reference draws them: boxes and decisions to the bit",
  async ({ tf }) => {
    const backend = webgpuBackend(tf.backend());
    const seed = 2 ** 40 + 3, epoch = 7;
    const settings = [
      { shape: [96, 96], options: viewOptions.parse({}) },
      { shape: [50, 131], options: viewOptions.parse({ brightness: 1.5, jitter: 1, flip: 0.3 }) },
      // Few tries fit, if any.
      { shape: [9, 100], options: viewOptions.parse({ cropScaleMin: 0.5, blur: 0 }) },
      {
        shape: [1, 1],
        options: viewOptions.parse({ flip: 1, grayscale: 0.7, cropRatioMin: 1e-9 }),
      },
    ];
    for (const { shape, options } of settings) {
      const n = 999;
      const indices = tf.tensor1d(Array.from({ length: n }, (_, i) => 31 * i), "int32");
      const key = streamKey(seed, STREAM.views, epoch);
      const info = drawViews(backend, indices, {
        key,
        viewCount: 2,
        shape,
        ...viewDraws(shape, options),
      });
      const drawn = tf.engine().makeTensorFromTensorInfo(info);
      const words = Int32Array.from(await drawn.data());
      const floats = new Float32Array(words.buffer);
      for (let row = 0; row < 2 * n; row++) {
        const at = row * DRAWN_WORDS;
        const random = rng(seed, STREAM.views, epoch, 31 * (row % n), Math.floor(row / n));
        const expected = viewParameters(shape[0], shape[1], options, random);
        const flag = (name: keyof typeof DRAWN) => words[at + DRAWN[name]] === 1;
        const { top, left, height, width } = DRAWN;
        assertEquals({
          top: words[at + top],
          left: words[at + left],
          height: words[at + height],
          width: words[at + width],
        }, expected.crop);
        assertEquals(
          [flag("flip"), flag("jitter"), flag("grayscale"), flag("blur")],
          [
            expected.flip,
            expected.jitter !== null,
            expected.grayscale,
            expected.blurSigma !== null,
          ],
        );
        if (expected.jitter) {
          const places = words[at + DRAWN.places];
          assertEquals(
            OPERATIONS.map((_, k) => places >> 2 * k & 3),
            OPERATIONS.map((operation) => expected.jitter!.order.indexOf(operation)),
          );
          assertClose(
            OPERATIONS.map((operation) => floats[at + DRAWN[operation]]),
            OPERATIONS.map((operation) => expected.jitter![operation]),
            3e-7,
          );
        }
        if (expected.blurSigma !== null) {
          assertClose([floats[at + DRAWN.sigma]], [expected.blurSigma], 3e-7);
        }
      }
      tf.dispose([indices, drawn]);
    }
  },
);
