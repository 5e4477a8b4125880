/**
 * An encoder of tauplus: images to features.
 *
 * @module
 */
import type { Plugin } from "@tauplus/tauplus";
import { defineEncoder, rng, STREAM, UsageError, z } from "@tauplus/tauplus";

/**
 * Two 3×3 convolutions of step 2 with batch norm and ReLU, then the mean over
 * the image: images of any size [batch, h, w, channels] to [batch, 2 · width].
 */
const plugin: Plugin<"encoder"> = defineEncoder({
  name: "template",
  summary: "Two convolutions with batch norm, for small images",
  // Each option is a flag with its help: `width` is --width=32.
  options: z.strictObject({
    width: z.int().min(1).max(1024).default(32)
      .describe("channels of the first convolution"),
  }),
  create: ({ width }, { tf, seed, inputShape }) => {
    if (inputShape.length !== 3) {
      throw new UsageError({
        act: "use the encoder template",
        rule: "the examples must be images, [height, width, channels]",
        got: `the shape [${inputShape}]`,
        next: "Choose a dataset of images.",
      });
    }
    // The same seed gives the same weights: use no other randomness. To
    // TensorFlow.js a seed of 0 is none.
    const random = rng(seed, STREAM.plugin);
    const seeded = () => ({ seed: 1 + random.int(2 ** 31 - 1) });
    // Weights are saved by the names of their layers.
    const stage = (number: number, filters: number, channels: number) => [
      tf.layers.conv2d({
        name: `conv${number}`,
        inputShape: [null, null, channels],
        filters,
        kernelSize: 3,
        strides: 2,
        padding: "same",
        useBias: false,
        kernelInitializer: tf.initializers.heNormal(seeded()),
      }),
      tf.layers.batchNormalization({ name: `bn${number}` }),
      tf.layers.reLU({ name: `relu${number}` }),
    ];
    const model = tf.sequential({
      layers: [
        ...stage(1, width, inputShape[2]),
        ...stage(2, 2 * width, width),
        tf.layers.globalAveragePooling2d({
          name: "mean",
          dataFormat: "channelsLast",
        }),
      ],
    });
    return { model, dim: 2 * width, anySize: true };
  },
});

export default plugin;
