import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../lib/errors.ts";
import { type ExportGraph, joinGraphs, readGraph } from "../../../lib/interop/export_graph.ts";
import { takePixels } from "../../../lib/interop/fold.ts";
import { foldBatchNorms } from "../../../lib/interop/fold.ts";
import { tfjsModel } from "../../../lib/interop/tfjs_model.ts";
import { normalize } from "../../../lib/views/normalize.ts";
import { testInChromium } from "../../support/chromium.ts";
import { testOnDevices } from "../../support/devices.ts";
import { type FileServer, serveFiles } from "../../support/file_server.ts";
import { npmFile } from "../../support/npm_file.ts";
import {
  branches,
  conv,
  difference,
  head,
  images,
  outputOf,
  residual,
  sequence,
} from "./networks.ts";

/** Weights and inputs are float32, and so are the sums of both sides. */
const TOLERANCE = 1e-5;

const OPTIONS = { name: "network", metadata: { tauplus: "0.0.0", mean: "[0.5]" } };

/** The model's files, and others, on a server of their own. */
function serve(graph: ExportGraph, others: Record<string, Uint8Array> = {}): FileServer {
  const files: Record<string, Uint8Array> = { ...others };
  for (const [name, contents] of tfjsModel(graph, OPTIONS).files) {
    files[name] = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  }
  return serveFiles(files);
}

testOnDevices("stock layers give our features, in several shards, folded or not", async () => {
  const networks: Record<string, [tf.LayersModel, [number, number, number]]> = {
    conv: [conv(3), [9, 8, 3]],
    grid: [conv(1, 3), [11, 7, 1]],
    "finer than the image": [conv(1, 5), [6, 8, 1]],
    basic: [residual({ block: "basic", depths: [1, 1, 1], stem: "small", channels: 3 }), [9, 8, 3]],
    bottleneck: [
      residual({ block: "bottleneck", depths: [1, 1], stem: "imagenet", channels: 1 }),
      [16, 13, 1],
    ],
    branches: [branches(), [9, 8, 2]],
    sequence: [sequence(), [11, 9, 2]],
  };
  for (const [name, [model, shape]] of Object.entries(networks)) {
    const x = images(2, ...shape);
    const expected = await outputOf(x, model);
    const graph = await readGraph(model, shape, "feature");
    for (const exported of [graph, foldBatchNorms(graph)]) {
      await using server = serve(exported);
      const loaded = await tf.loadLayersModel(`${server.url}/model.json`);
      const error = difference(await outputOf(x, loaded), expected);
      assert(error < TOLERANCE, `${name}: ${error}`);
      assertEquals(loaded.getUserDefinedMetadata(), OPTIONS.metadata);
      assertEquals(server.requests.length, name === "basic" ? 3 : 2);
      loaded.dispose();
    }
    model.dispose();
  }
});

testOnDevices("the head's output comes after the feature", async () => {
  const [encoder, projection] = [conv(1, 2), head(24)];
  const joined = joinGraphs(
    await readGraph(encoder, [8, 7, 1], "feature"),
    await readGraph(projection, [24], "projection"),
    "projection",
  );
  await using server = serve(joined);
  const loaded = await tf.loadLayersModel(`${server.url}/model.json`);
  const x = images(3, 8, 7, 1);
  const outputs = loaded.predict(tf.tensor(x.data, [...x.shape]));
  assert(Array.isArray(outputs));
  const [feature, projected] = await Promise.all(outputs.map((output) => output.data()));
  assert(difference(feature, await outputOf(x, encoder)) < TOLERANCE);
  assert(difference(projected, await outputOf(x, encoder, projection)) < TOLERANCE);
  tf.dispose(outputs);
  for (const model of [encoder, projection, loaded]) model.dispose();
});

testOnDevices("pixels as a browser gives them are normalized by the network", async () => {
  const model = conv(3, 2);
  const moments = { mean: [0.5, 0.25, 0.4], std: [0.2, 0.3, 0.25] };
  const graph = await readGraph(model, [9, 8, 3], "feature");
  const { data, shape } = images(2, 9, 8, 3);
  const bytes = Uint8Array.from(data, (value) => 127.5 * (value + 1));
  const normal = normalize(bytes, [9, 8, 3], moments.mean, moments.std);
  await using server = serve(takePixels(foldBatchNorms(graph), moments));
  const loaded = await tf.loadLayersModel(`${server.url}/model.json`);
  // tf.browser.fromPixels gives int32.
  const output = tf.tidy(() => loaded.predict(tf.tensor(bytes, [...shape], "int32")));
  assert(output instanceof tf.Tensor);
  const error = difference(await output.data(), await outputOf({ data: normal, shape }, model));
  assert(error < TOLERANCE, `${error}`);
  tf.dispose([output]);
  for (const used of [model, loaded]) used.dispose();
});

/** A layer of a third party, which no other program knows. */
class Negative extends tf.layers.Layer {
  static className = "Negative";
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.neg(Array.isArray(inputs) ? inputs[0] : inputs);
  }
}

testOnDevices("a layer that no other TensorFlow.js has is refused by name", async () => {
  const dense = tf.layers.dense({ units: 2, inputShape: [3] });
  const model = tf.sequential({ layers: [dense, new Negative({ name: "minus" })] });
  const graph = await readGraph(model, [3], "feature");
  assertThrows(
    () => tfjsModel(graph, OPTIONS),
    UsageError,
    'export the layer minus: its class must be one of TensorFlow.js, got "Negative"',
  );
  model.dispose();
});

testInChromium(
  "a page loads the model with TensorFlow.js alone, and has our features",
  async (page) => {
    const x = images(2, 9, 8, 3);
    const model = residual({ block: "basic", depths: [1, 1], stem: "imagenet", channels: 3 });
    const expected = await outputOf(x, model);
    const graph = await readGraph(model, [9, 8, 3], "feature");
    const library = await Deno.readFile(await npmFile("@tensorflow/tfjs", "dist/tf.min.js"));
    const html = new TextEncoder().encode("<!doctype html><script src=tf.min.js></script>");
    for (const exported of [graph, foldBatchNorms(graph)]) {
      await using server = serve(exported, { "tf.min.js": library, "page.html": html });
      await page.goto(`${server.url}/page.html`);
      const found = await page.evaluate(`(async () => {
      const model = await tf.loadLayersModel("model.json");
      const output = model.predict(tf.tensor(${JSON.stringify([...x.data])}, [${x.shape}]));
      return JSON.stringify({ mean: model.getUserDefinedMetadata().mean, y: [...await output.data()] });
    })()`);
      const { mean, y } = JSON.parse(String(found));
      assertEquals(mean, OPTIONS.metadata.mean);
      const error = difference(y, expected);
      assert(error < 1e-4, `${error}`);
    }
    model.dispose();
  },
);
