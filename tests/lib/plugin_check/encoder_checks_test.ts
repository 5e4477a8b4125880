import { assertEquals, assertStringIncludes } from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { openDevice } from "../../../lib/device/device.ts";
import { defineEncoder, type Env } from "../../../lib/plugin.ts";
import { failuresOf, reportOf } from "../../support/check_report.ts";

const device = await openDevice("wasm");

/** What a test changes. */
interface Parts {
  seed?: (seed: number) => number;
  dim?: number;
  anySize?: boolean;
  inputShape?: (number | null)[];
  strides?: number;
  pool?: (env: Env) => tf.layers.Layer;
  more?: (env: Env) => tf.layers.Layer[];
}

/** An encoder of one convolution to 4 channels, with the parts of a test. */
async function failures(parts: Parts = {}): Promise<Record<string, string>> {
  const { seed = (seed) => 1 + seed, dim = 4, anySize = true, strides = 1 } = parts;
  const { inputShape = [null, null, 3] } = parts;
  const encoder = defineEncoder({
    name: "mine",
    summary: "A test's",
    options: z.strictObject({}),
    create: (_, env) => {
      const { layers, initializers } = env.tf;
      const kernelInitializer = initializers.heNormal({ seed: seed(env.seed) });
      const pool = parts.pool ??
        (() => layers.globalAveragePooling2d({ name: "mean", dataFormat: "channelsLast" }));
      const model = env.tf.sequential({
        layers: [
          layers.conv2d({
            name: "conv",
            inputShape,
            filters: 4,
            kernelSize: 3,
            strides,
            kernelInitializer,
          }),
          ...parts.more?.(env) ?? [],
          pool(env),
        ],
      });
      return { model, dim, anySize };
    },
  });
  return failuresOf(await reportOf(device, encoder));
}

Deno.test("an encoder without faults passes", async () => {
  assertEquals(await failures(), {});
});

Deno.test("an encoder of another dim than it says fails where it is made", async () => {
  const found = await failures({ dim: 5 });
  assertStringIncludes(found.create, "its model must give [batch, dim] with dim 5, got [,4]");
});

Deno.test("weights without a seed fail", async () => {
  const found = await failures({ seed: () => Math.ceil(1e6 * Math.random()) });
  assertEquals(found, { "weights by seed": "conv.kernel differs between two of one seed" });
});

Deno.test("an encoder that claims any size and does not take it fails", async () => {
  const fixed = {
    inputShape: [32, 32, 3],
    pool: ({ tf: { layers } }: Env) => layers.flatten({ name: "rows" }),
    strides: 10,
    dim: 4 * 3 * 3,
  };
  assertEquals(Object.keys(await failures({ ...fixed, anySize: true })), ["images of any size"]);
  assertEquals(await failures({ ...fixed, anySize: false }), {});
});

Deno.test("a layer that is random in inference fails", async () => {
  const found = await failures({
    more: ({ tf }) => {
      const layer = tf.layers.activation({ name: "noise", activation: "linear" });
      layer.call = (inputs) => {
        const x = Array.isArray(inputs) ? inputs[0] : inputs;
        return tf.tidy(() => x.add(tf.randomNormal(x.shape)));
      };
      return [layer];
    },
  });
  assertEquals(found["same features twice"], "two passes differ");
});

Deno.test("a layer that keeps a tensor per pass fails", async () => {
  const found = await failures({
    more: ({ tf }) => {
      const layer = tf.layers.activation({ name: "keeper", activation: "linear" });
      layer.call = (inputs) => {
        const x = Array.isArray(inputs) ? inputs[0] : inputs;
        tf.keep(x.clone());
        return x.clone();
      };
      return [layer];
    },
  });
  assertEquals(found["leaked tensors"], "6 tensors more after 3 steps");
});

Deno.test("weights that no gradient reaches fail by name", async () => {
  const found = await failures({
    more: ({ tf }) => {
      const layer = tf.layers.activation({ name: "stop", activation: "linear" });
      layer.call = (inputs) => {
        const x = Array.isArray(inputs) ? inputs[0] : inputs;
        return tf.tidy(() => x.mul(0).add(1));
      };
      return [layer];
    },
  });
  assertEquals(found.gradient, "none reaches conv.kernel, conv.bias");
});
