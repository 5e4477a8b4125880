import type * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { openDevice } from "../../../lib/device/device.ts";
import { readGraph } from "../../../lib/interop/export_graph.ts";
import { torchTensors } from "../../../lib/interop/export_encoder.ts";
import { foldBatchNorms } from "../../../lib/interop/fold.ts";
import { encodeSafetensors } from "../../../lib/interop/safetensors.ts";
import { projectionHead } from "../../../lib/nn/projection_head.ts";
import { inFolder } from "../../support/folders.ts";
import { runPython, testWithTorch } from "../../support/torch.ts";
import {
  channelsFirst,
  conv,
  difference,
  head,
  type Images,
  images,
  outputOf,
  residual,
  settled,
} from "./networks.ts";

const SCRIPT = new URL("export_torch.py", import.meta.url);

/** Both sides sum float32 in orders of their own. */
const TOLERANCE = 1e-5;

const TORCHVISION = { style: "torchvision", parallel: false } as const;
const REFERENCE = { style: "reference", parallel: true } as const;

const Answer = z.object({ outputs: z.array(z.array(z.number())), tracked: z.array(z.number()) });

/** What PyTorch's `model` gives, with the weights of the file. */
async function inTorch(path: string, model: unknown, x: Images): Promise<z.output<typeof Answer>> {
  const [batch, height, width, channels] = x.shape;
  const asked = { path, model, shape: [batch, channels, height, width] };
  const bytes = new Uint8Array((await channelsFirst(x)).buffer);
  return Answer.parse(JSON.parse(await runPython(SCRIPT, [JSON.stringify(asked)], bytes)));
}

testWithTorch(
  "torchvision's networks load our weights strictly and give our features",
  async () => {
    await openDevice("wasm");
    await inFolder(async (cwd) => {
      for (
        const { block, stem, channels } of [
          { block: "basic", stem: "small", channels: 1 },
          { block: "bottleneck", stem: "imagenet", channels: 3 },
        ] as const
      ) {
        const depths = [1, 1, 1, 1];
        const model = residual({ block, depths, stem, channels });
        const x = images(2, 16, 17, channels);
        const expected = await outputOf(x, model);
        const graph = await readGraph(model, x.shape.slice(1), "feature");
        for (const fused of [false, true]) {
          const encoder = fused ? foldBatchNorms(graph) : graph;
          const path = `${cwd}/encoder.safetensors`;
          const tensors = torchTensors({ encoder }, TORCHVISION, 12);
          await Deno.writeFile(path, encodeSafetensors(tensors, {}));
          const asked = { kind: "resnet", block, depths, stem, fused };
          const { outputs: [feature], tracked } = await inTorch(path, asked, x);
          assertEquals(tracked, fused ? [] : [12]);
          const error = difference(feature, expected);
          assert(error < TOLERANCE, `${block}, fused ${fused}: ${error}`);
        }
        model.dispose();
      }
    });
  },
);

testWithTorch("the plain network's weights go to PyTorch by the names of its layers", async () => {
  await openDevice("wasm");
  await inFolder(async (cwd) => {
    const model = conv(2, 3);
    const x = images(2, 11, 9, 2);
    const encoder = await readGraph(model, [11, 9, 2], "feature");
    const path = `${cwd}/encoder.safetensors`;
    await Deno.writeFile(path, encodeSafetensors(torchTensors({ encoder }, TORCHVISION, 0), {}));
    const asked = { kind: "conv", widths: [4, 6], strides: [1, 2], grid: 3 };
    const { outputs: [feature] } = await inTorch(path, asked, x);
    assert(difference(feature, await outputOf(x, model)) < TOLERANCE);
    model.dispose();
  });
});

testWithTorch(
  "the reference's model loads resnet50 and its head strictly under DataParallel",
  async () => {
    await openDevice("wasm");
    await inFolder(async (cwd) => {
      const depths = [3, 4, 6, 3];
      const model = residual({ block: "bottleneck", depths, stem: "small", channels: 3 });
      const projection = settled(projectionHead(2048, 5, 0));
      const x = images(2, 16, 16, 3);
      const parts = {
        encoder: await readGraph(model, [16, 16, 3], "feature"),
        head: await readGraph(projection, [2048], "projection"),
      };
      const path = `${cwd}/model.safetensors`;
      await Deno.writeFile(path, encodeSafetensors(torchTensors(parts, REFERENCE, 7), {}));
      const asked = { kind: "reference", feature_dim: 5 };
      const { outputs: [feature, out], tracked } = await inTorch(path, asked, x);
      assertEquals(tracked, [7]);
      assert(difference(feature, unitRows(await outputOf(x, model), 2)) < TOLERANCE);
      assert(difference(out, unitRows(await outputOf(x, model, projection), 2)) < TOLERANCE);
      for (const used of [model, projection]) used.dispose();
    });
  },
);

Deno.test("names of the reference's checkpoint are all there and no others", async () => {
  await openDevice("wasm");
  const models: tf.LayersModel[] = [
    residual({ block: "basic", depths: [1, 1], stem: "small", channels: 1 }),
    head(128),
  ];
  const [encoder, projection] = await Promise.all([
    readGraph(models[0], [8, 8, 1], "feature"),
    readGraph(models[1], [128], "projection"),
  ]);
  const names = [...torchTensors({ encoder, head: projection }, REFERENCE, 0).keys()].sort();
  const norm = (path: string) =>
    ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
      .map((name) => `${path}.${name}`);
  const block = (path: string) => [
    `${path}.conv1.weight`,
    ...norm(`${path}.bn1`),
    `${path}.conv2.weight`,
    ...norm(`${path}.bn2`),
  ];
  const expected = [
    "f.0.weight",
    ...norm("f.1"),
    ...block("f.3.0"),
    ...block("f.4.0"),
    "f.4.0.downsample.0.weight",
    ...norm("f.4.0.downsample.1"),
    "g.0.weight",
    ...norm("g.1"),
    "g.3.weight",
    "g.3.bias",
  ];
  assertEquals(names, expected.map((name) => `module.${name}`).sort());
  for (const model of models) model.dispose();
});

function unitRows(values: Float32Array, rows: number): Float32Array {
  const length = values.length / rows;
  return values.map((value, i) => {
    const row = Math.floor(i / length);
    return value / Math.hypot(...values.subarray(row * length, (row + 1) * length));
  });
}
