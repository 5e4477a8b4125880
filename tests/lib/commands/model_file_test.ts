import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { modelFileLayers } from "../../../lib/commands/shared/model_file.ts";
import { DataError, UsageError } from "../../../lib/errors.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../lib/interop/safetensors.ts";
import { toTorch } from "../../../lib/interop/torch_names.ts";
import type { TorchNaming } from "../../../lib/interop/torch_naming.ts";
import { latestRun, listCheckpoints } from "../../../lib/run/run_folder.ts";
import { runCommand, TINY } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { legacy } from "../../support/pickles.ts";
import { refused } from "../../support/refused.ts";
import { runPython, testWithTorch } from "../../support/torch.ts";

const DCL = { probe: "linear", "probe.protocol": "dcl" };
const TORCHVISION: TorchNaming = { style: "torchvision", parallel: false };

/** A file with kernels of the given shapes alone. */
async function writeKernels(
  path: string,
  shapes: Record<string, number[]>,
  metadata: Record<string, string> = {},
): Promise<string> {
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const size = shape.reduce((product, side) => product * side, 1);
    return [name, { dtype: "F32" as const, shape, data: new Float32Array(size) }] as const;
  });
  await Deno.writeFile(path, encodeSafetensors(new Map(tensors), metadata));
  return path;
}

const RESNET18 = Object.fromEntries([
  ["module.f.0.weight", [64, 3, 3, 3]],
  ...[3, 4, 5, 6].flatMap((stage) =>
    [0, 1].flatMap((block) => [
      [`module.f.${stage}.${block}.conv1.weight`, [64, 64, 3, 3]],
      [`module.f.${stage}.${block}.conv2.weight`, [64, 64, 3, 3]],
    ])
  ),
]);

Deno.test("a PyTorch file gives its encoder, and the reference's dataset and protocol", async () => {
  await inFolder(async (folder) => {
    const path = await writeKernels(`${folder}/model_400.pth`, RESNET18);
    assertEquals(await modelFileLayers(path, {}, DCL), [{
      source: path,
      values: { dataset: "stl10", ...DCL, encoder: "resnet18", "encoder.stem": "small" },
      text: false,
    }]);
    const plain = await writeKernels(`${folder}/conv`, { "conv1.weight": [5, 1, 3, 3] });
    const [{ values }] = await modelFileLayers(plain, { strides: "2" }, {});
    assertEquals(values, { dataset: "stl10", encoder: "conv", "encoder.widths": [5] });
  });
});

Deno.test("a file that export wrote names its encoder and dataset itself", async () => {
  await inFolder(async (folder) => {
    const metadata = {
      tauplus: "1.0.0",
      encoder: "conv",
      encoder_options: '{"widths":[5],"strides":[3],"someName":2}',
      dataset: "synthetic",
      mean: "[0.25]",
      std: "[0.5]",
      folded: "false",
    };
    const layers = (changes: Record<string, string>) =>
      writeKernels(`${folder}/x`, { "conv1.weight": [5, 1, 3, 3] }, { ...metadata, ...changes })
        .then((path) => modelFileLayers(path, {}, DCL));
    const [{ values }] = await layers({});
    assertEquals(values, {
      dataset: "synthetic",
      encoder: "conv",
      "encoder.widths": [5],
      "encoder.strides": [3],
      "encoder.some_name": 2,
      "normalization.mean": [0.25],
      "normalization.std": [0.5],
    });
    const { dataset: _, ...unknown } = metadata;
    const path = await writeKernels(`${folder}/y`, { "conv1.weight": [5, 1, 3, 3] }, unknown);
    const [{ values: again }] = await modelFileLayers(path, {}, DCL);
    assertEquals(again, { ...values, dataset: "stl10", ...DCL });
    const next = "Export the encoder again, without --fold.";
    await assertRejects(() => layers({ folded: "true" }), DataError, next);
    for (const changes of [{ mean: "{" }, { mean: "3" }, { mean: '["a"]' }]) {
      const message = "its metadata must have mean as export writes it, got";
      await assertRejects(() => layers(changes), DataError, message);
    }
    await assertRejects(() => layers({ encoder_options: "[1]" }), DataError, "encoder_options");
  });
});

Deno.test("a file that would run something runs nothing, and the command line names it", async () => {
  await inFolder(async (cwd) => {
    await Deno.writeFile(`${cwd}/evil.pth`, legacy("cposix\nsystem\n(X\x05\0\0\0touchtR"));
    const outcome = await runCommand(cwd, ["linear", "--model_path=evil.pth"]);
    refused(
      outcome,
      3,
      "Cannot read evil.pth as a PyTorch checkpoint",
      'got "an object of posix.system"',
    );
  });
});

Deno.test("what a file does not say must be given by flags", async () => {
  await inFolder(async (folder) => {
    const layers = (path: string, named: Record<string, unknown>) =>
      modelFileLayers(path, named, {});
    const ours = await writeKernels(`${folder}/ours`, { "encoder.conv1.kernel": [1, 1, 1, 1] });
    await assertRejects(() => layers(ours, { encoder: "conv" }), UsageError, "--dataset=NAME");
    assertEquals(await layers(ours, { encoder: "conv", dataset: "synthetic" }), []);
    const plain = await writeKernels(`${folder}/plain`, { "conv1.weight": [5, 1, 3, 3] });
    await assertRejects(() => layers(plain, {}), UsageError, "Give --strides");
    const odd = await writeKernels(`${folder}/odd`, {
      "conv1.weight": [64, 3, 5, 5],
      "layer1.0.conv1.weight": [1, 1, 1, 1],
    });
    await assertRejects(() => layers(odd, {}), UsageError, "Give --encoder=NAME");
    const [{ values }] = await layers(odd, { encoder: "mine" });
    assertEquals(values, { dataset: "stl10" });
    await assertRejects(() => layers(`${folder}/none.pth`, {}), DataError, "none.pth");
  });
});

Deno.test("an encoder of ours gives the same features from a file under PyTorch's names", async () => {
  await inFolder(async (cwd) => {
    const trained = await runCommand(cwd, ["train", ...TINY, "--max_steps=2", "--no-baselines"]);
    assertEquals(trained.code, 0, trained.stderr);
    const run = (await latestRun(`${cwd}/runs`))!;
    const [{ path }] = await listCheckpoints(run);
    const { tensors } = decodeSafetensors(await Deno.readFile(path), path);
    await Deno.writeFile(`${cwd}/x.pth`, encodeSafetensors(toTorch(tensors, TORCHVISION), {}));
    // A configuration of someone else's model is none of ours.
    await Deno.writeTextFile(`${cwd}/config.json`, '{ "architectures": ["ResNet"] }');

    const data = TINY.slice(0, 5);
    const embedded = await runCommand(cwd, ["embed", ...data, "--device=wasm", "--file=a"]);
    assertEquals(embedded.code, 0, embedded.stderr);
    const model = ["--model_path=x.pth", "--strides=1,2", "--device=wasm"];
    const again = await runCommand(cwd, ["embed", ...data, ...model, "--file=b"]);
    assertEquals(again.code, 0, again.stderr);
    assertMatch(again.stderr, /^encoder {2}conv of x\.pth$/m);
    assertMatch(again.stderr, /^ {9}not part of the encoder: head$/m);
    assertEquals(await Deno.readFile(`${cwd}/b`), await Deno.readFile(`${cwd}/a`));

    await Deno.mkdir(`${cwd}/elsewhere`);
    const output = "elsewhere/y.safetensors";
    const out = await runCommand(cwd, ["export", "--format=pth-names", `--output=${output}`]);
    assertEquals(out.code, 0, out.stderr);
    const back = ["embed", ...data.slice(1), `--model_path=${output}`, "--file=c", "--device=wasm"];
    const third = await runCommand(cwd, back);
    assertEquals(third.code, 0, third.stderr);
    assertEquals(await Deno.readFile(`${cwd}/c`), await Deno.readFile(`${cwd}/a`));

    refused(
      await runCommand(cwd, ["knn", ...data, ...model, "--widths=4,9"]),
      3,
      'Cannot load x.pth: it must have conv2.weight, [9,4,3,3], got "[8,4,3,3]"',
    );
  });
});

/** STL-10 in miniature: so many training images, two test images, one without label. */
async function writeStl10(folder: string, train: number): Promise<void> {
  await Deno.mkdir(`${folder}/stl10_binary`, { recursive: true });
  const files: Record<string, Uint8Array> = {
    "train_X.bin": pixels(1, train),
    "train_y.bin": Uint8Array.from({ length: train }, (_, i) => 1 + i % 2),
    "test_X.bin": pixels(2, 2),
    "test_y.bin": Uint8Array.of(1, 2),
    "unlabeled_X.bin": pixels(3, 1),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await Deno.writeFile(`${folder}/stl10_binary/${name}`, bytes);
  }
}

/** Waves of all lengths and colors with some noise, 96×96×3 bytes an image. */
function pixels(seed: number, images: number): Uint8Array {
  return Uint8Array.from({ length: images * 3 * 96 * 96 }, (_, i) => {
    const [image, channel] = [Math.floor(i / 27648), Math.floor(i / 9216) % 3];
    const [x, y] = [Math.floor(i / 96) % 96, i % 96];
    const wave = Math.sin((x * (image + 1) + y * (channel + seed)) / 17) * 100;
    return 128 + wave + ((i * 7919 + seed * 104729) % 53) - 26;
  });
}

/** What PyTorch saves, and the features it gives the test images. */
async function withTorchModel(
  model: string,
  act: (cwd: string, features: number[][]) => Promise<void>,
): Promise<void> {
  await inFolder(async (cwd) => {
    await writeStl10(`${cwd}/data`, 2);
    await Deno.mkdir(`${cwd}/results`);
    const script = new URL("../../golden/pth_model.py", import.meta.url);
    const images = await Deno.readFile(`${cwd}/data/stl10_binary/test_X.bin`);
    const lines = await runPython(script, [model, `${cwd}/results`], images);
    await act(cwd, lines.trim().split("\n").map((line) => JSON.parse(line)));
  });
}

const STL10 = ["--data_dir=data", "--device=wasm"];

/**
 * Runs `embed` on a file, with no word about encoder and dataset, and compares the features, in
 * units of the largest: fifty layers of float32 sums in another order differ by some 1e-6.
 */
async function assertFeatures(cwd: string, file: string, expected: number[][]): Promise<string> {
  const embedded = await runCommand(cwd, [
    "embed",
    `--model_path=${file}`,
    "--file=features",
    ...STL10,
  ]);
  assertEquals(embedded.code, 0, embedded.stderr);
  const { tensors } = decodeSafetensors(await Deno.readFile(`${cwd}/features`), "features");
  const { shape, data } = tensors.get("features")!;
  assertEquals(shape, [expected.length, expected[0].length]);
  const all = expected.flat();
  const scale = Math.max(...all.map(Math.abs));
  const error = Math.max(...all.map((value, i) => Math.abs(Number(data[i]) - value))) / scale;
  if (!(error <= 1e-5)) throw new Error(`${file}: features differ by ${error} of the largest`);
  return embedded.stderr;
}

testWithTorch(
  "the reference's checkpoints give PyTorch's features and a linear probe",
  async () => {
    await withTorchModel("reference", async (cwd, features) => {
      const said = await assertFeatures(cwd, "results/legacy.pth", features);
      assertMatch(said, /^encoder {2}resnet50 of results\/legacy\.pth$/m);
      assertStringIncludes(said, "not part of the encoder: module.g\n");
      const probe = ["--model_path=results/zip.pth", "--epochs=1", ...STL10];
      const linear = await runCommand(cwd, ["linear", ...probe]);
      assertEquals(linear.code, 0, linear.stderr);
      assertMatch(linear.stdout, /^top-1 [\d.]+ %/);
    });
  },
);

testWithTorch(
  "torchvision's files give PyTorch's features, and the classifier is left",
  async () => {
    await withTorchModel("resnet18", async (cwd, features) => {
      for (const file of ["zip.pth", "checkpoint.pth"]) {
        const said = await assertFeatures(cwd, `results/${file}`, features);
        assertMatch(said, /^encoder {2}resnet18 of results\//m);
        assertMatch(said, /^ {9}not part of the encoder: fc$/m);
      }
      const other = ["--encoder=resnet34", "--stem=imagenet", "--model_path=results/zip.pth"];
      refused(
        await runCommand(cwd, ["knn", "--k=1", ...other, ...STL10]),
        3,
        'it must have layer1.2.conv1.weight, [64,64,3,3], got "nothing"',
      );
    });
  },
);
