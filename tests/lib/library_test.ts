import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  decodePth,
  decodeSafetensors,
  encodeSafetensors,
  evaluate,
  exportEncoder,
  features,
  findNaming,
  fromTorch,
  loadEncoder,
  loadRun,
  openSession,
  saveEncoder,
  toTorch,
  train,
  UsageError,
} from "../../mod.ts";
import { runInTurn } from "../support/command_line.ts";
import { refused } from "../support/refused.ts";
import { testOnDevices, webgpuExpected } from "../support/devices.ts";
import { inFolder } from "../support/folders.ts";

const DATA = {
  dataset: "synthetic",
  datasetOptions: { classes: 4, train: 96, test: 32, size: 16 },
} as const;
const OPTIONS = { batchSize: 32, featureDim: 8, logEvery: 1 };

Deno.test({
  name: "the loss curves of the first 20 steps agree to 1e-3 between wasm and webgpu" +
    (webgpuExpected ? "" : ": no WebGPU adapter on this machine"),
  ignore: !webgpuExpected,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const curve = async (device: "wasm" | "webgpu") => {
      const session = await openSession({ ...DATA, device });
      const encoder = await session.make("encoder", "conv", { widths: [8, 16], strides: [2, 2] });
      const objective = await session.make("objective", "debiased");
      const losses: number[] = [];
      await train({ ...session, encoder, objective, views: { cropSize: 16 } }, {
        ...OPTIONS,
        maxSteps: 20,
      }, { onStep: ({ record }) => losses.push(record!.loss) });
      session.device.check();
      return losses;
    };
    const [wasm, webgpu] = [await curve("wasm"), await curve("webgpu")];
    assertEquals(wasm.length, 20);
    assert(Math.abs(wasm[0] - wasm[19]) > 1e-2, "the curve must move");
    wasm.forEach((loss, step) => assert(Math.abs(loss - webgpu[step]) < 1e-3, `step ${step + 1}`));
  },
});

testOnDevices(
  "a session trains and evaluates with default options",
  async (device) => {
    const session = await openSession({ ...DATA, device: device.name, seed: 3 });
    const encoder = await session.make("encoder", "conv", { widths: [8], strides: [2] });
    const objective = await session.make("objective", "biased");
    const trained = await train({ ...session, encoder, objective }, { ...OPTIONS, maxSteps: 2 });
    assertEquals(trained.step, 2);
    trained.dispose();
    const probe = await session.make("probe", "knn", { k: 5 });
    const { top1, top5 } = await evaluate({ ...session, encoder, probe });
    assert(top1 >= 0 && top1 <= top5 && top5 <= 100);
  },
);

Deno.test("an option of the library out of range is refused as on the command line", async () => {
  const session = await openSession({ ...DATA, device: "wasm" });
  const encoder = await session.make("encoder", "conv", { widths: [8], strides: [2] });
  const objective = await session.make("objective", "biased");
  await assertRejects(
    () => train({ ...session, encoder, objective }, { batchSize: 1 }),
    UsageError,
    "it must be a whole number of at least 2, got 1",
  );
  await assertRejects(
    () => session.make("objective", "biassed"),
    UsageError,
    "Did you mean biased?",
  );
});

Deno.test("importing the library does not load TensorFlow.js", async () => {
  const loads = async (path: string) => {
    const url = JSON.stringify(new URL(path, import.meta.url).href);
    const args = ["eval", `await import(${url}); console.log("_tfengine" in globalThis);`];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
    return new TextDecoder().decode(stdout).trim().split("\n").at(-1);
  };
  assertEquals(await loads("../../mod.ts"), "false");
  assertEquals(await loads("../../lib/nn/mod.ts"), "true");
});

testOnDevices("a library's user loads PyTorch's weights into an encoder", async (device) => {
  const session = await openSession({ ...DATA, device: device.name });
  const file = new URL("../golden/pth/checkpoint_zip.pth", import.meta.url);
  const trained = decodePth(await Deno.readFile(file), "checkpoint_zip.pth");
  const naming = findNaming(trained.keys())!;
  const shape = [1, 1, 1, 2];
  const kernel = fromTorch(
    new Map([...trained].filter(([name]) => name === "conv1.weight")),
    new Map([["encoder.conv1.kernel", { shape }]]),
    naming,
    "checkpoint_zip.pth",
  ).weights.get("encoder.conv1.kernel")!;
  assertEquals([kernel.dtype, kernel.shape], ["F32", shape]);

  const encoder = await session.make("encoder", "conv", { widths: [2], strides: [1] });
  const weights = new Map(
    encoder.model.weights.map(({ originalName, shape }) => {
      const [layer, name] = originalName.split("/");
      const size = shape.reduce<number>((product, side) => product * side!, 1);
      const data = new Float32Array(size).fill(0.5);
      return [`encoder.${layer}.${name}`, {
        dtype: "F32",
        shape: shape.map(Number),
        data,
      }] as const;
    }),
  );
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, encodeSafetensors(toTorch(weights, naming), {}));
  assertEquals(await loadEncoder(path, encoder), { path, ignored: [] });
  for (const weight of encoder.model.weights) {
    assertEquals([...new Set(await weight.read().data())], [0.5]);
  }
  await Deno.remove(path);
});

Deno.test({
  name: "a library's training is a run, which is continued, opened, and taken by the command line",
  // A device outlives a test.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    inFolder(async (cwd) => {
      const session = await openSession({
        ...DATA,
        device: "wasm",
        normalization: { mean: [0.3] },
      });
      const parts = async () => ({
        ...session,
        encoder: await session.make("encoder", "conv", { widths: [8], strides: [2] }),
        objective: await session.make("objective", "debiased", { tauPlus: 0.2 }),
        views: { cropSize: 16 },
      });
      const runIn = async (name: string, maxSteps: number) => {
        const all = await parts();
        const trained = await train({ ...all, run: `${cwd}/runs/${name}` }, {
          ...OPTIONS,
          maxSteps,
        });
        trained.dispose();
        return await features({ ...session, encoder: all.encoder });
      };
      const whole = await runIn("whole", 4);
      await runIn("mine", 2);
      // Continued in a new encoder: all of it is in the run.
      assertEquals(await runIn("mine", 4), whole);
      const run = await loadRun(`${cwd}/runs/mine`, { device: "wasm" });
      assertEquals(run.dataset.mean, [0.3]);
      assertEquals(await features(run), whole);

      const other = { ...await parts(), objective: await session.make("objective", "biased") };
      const inside = { ...other, run: `${cwd}/runs/mine` };
      await assertRejects(
        () => train(inside, { ...OPTIONS, maxSteps: 6 }),
        UsageError,
        "objective",
      );
      const copy = { ...await parts(), dataset: { ...session.dataset }, run: `${cwd}/runs/copy` };
      await assertRejects(() => train(copy, OPTIONS), UsageError, "its dataset must come from");

      const saved = `${cwd}/saved.safetensors`;
      await saveEncoder(saved, run);
      const again = await session.make("encoder", "conv", { widths: [8], strides: [2] });
      await loadEncoder(saved, again);
      assertEquals(await features({ ...session, encoder: again }), whole);
      const inRun = run.path;
      await assertRejects(() => saveEncoder(inRun, run), UsageError, "no file is replaced");
      const { bytes, replaced } = await exportEncoder(`${cwd}/x.onnx`, { ...run, format: "onnx" });
      assertEquals([bytes, replaced], [(await Deno.stat(`${cwd}/x.onnx`)).size, false]);

      const data = ["--classes=4", "--train=96", "--test=32", "--size=16", "--device=wasm"];
      const [knn, resumed, embedded, wrong] = await runInTurn(cwd, [
        ["knn", "--run=runs/mine", "--k=5", "--device=wasm"],
        ["train", "--resume=runs/mine", "--max_steps=5", "--k=5", "--no-baselines"],
        ["embed", `--model_path=${saved}`, ...data, "--file=e.safetensors"],
        ["train", "--resume=runs/mine", "--tau_plus=0.3"],
      ]);
      for (const { code, stderr } of [knn, resumed, embedded]) assertEquals(code, 0, stderr);
      refused(wrong, 2, "the run was begun with 0.2");
      const file = `${cwd}/e.safetensors`;
      const { tensors } = decodeSafetensors(await Deno.readFile(file), file);
      assertEquals(tensors.get("features")?.data, whole);
    }),
});
