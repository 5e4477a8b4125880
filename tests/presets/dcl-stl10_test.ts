/** The paper's preset against the authors' code, option by option, and as a command. */
import { assert, assertEquals } from "@std/assert";
import { writeMiniature } from "../../examples/stl10_miniature.ts";
import { presetLayer } from "../../lib/command_line/layer.ts";
import { command } from "../../lib/commands/train.ts";
import { resolveConfig } from "../../lib/config.ts";
import { loadRegistry } from "../../lib/registry.ts";
import { readMetrics } from "../../lib/run/metrics.ts";
import { readResults } from "../../lib/run/results.ts";
import { latestRun, listCheckpoints } from "../../lib/run/run_folder.ts";
import stl10 from "../../plugins/datasets/stl10.ts";
import { sourceEnv } from "../support/archives.ts";
import { runCommand } from "../support/command_line.ts";
import { inFolder } from "../support/folders.ts";

/** What chingyaoc/DCL does, in our names, by the file that says it. */
const REFERENCE: Readonly<Record<string, unknown>> = {
  // model.py
  "encoder": "resnet50",
  "encoder.stem": "small",
  // main.py; its epochs are 500 by default, the published checkpoints are model_400.pth
  "dataset": "stl10",
  "feature_dim": 128,
  "objective": "debiased",
  "objective.temperature": 0.5,
  "objective.tau_plus": 0.1,
  "objective.positives": 1,
  "batch_size": 256,
  "micro_batch": 0,
  "precision": "float32",
  "epochs": 400,
  "optimizer": "adam",
  "learning_rate": 1e-3,
  "weight_decay": 1e-6,
  "schedule": "constant",
  "warmup_epochs": 0,
  "k": 200,
  "knn_temperature": 0.5,
  "eval_every": 25,
  "save_every": 25,
  // utils.py, with torchvision's defaults of RandomResizedCrop; the kernel is int(0.1 * 32)
  "views.crop_size": 32,
  "views.crop_scale_min": 0.08,
  "views.crop_scale_max": 1,
  "views.crop_ratio_min": 3 / 4,
  "views.crop_ratio_max": 4 / 3,
  "views.flip": 0.5,
  "views.jitter": 0.8,
  "views.brightness": 0.4,
  "views.contrast": 0.4,
  "views.saturation": 0.4,
  "views.hue": 0.1,
  "views.grayscale": 0.2,
  "views.blur": 0.5,
  "views.blur_kernel": 3,
  "views.blur_sigma_min": 0.1,
  "views.blur_sigma_max": 2,
  // linear.py
  "probe": "linear",
  "probe.protocol": "dcl",
  "probe.epochs": 100,
  "probe.batch_size": 512,
  "probe.learning_rate": 1e-3,
  "probe.weight_decay": 1e-6,
};

/** Options that are no part of the reference's experiment, or have no effect in it. */
const FREE = [
  "seed",
  "momentum", // of other optimizers
  "rewarm_epochs", // of a run that is extended
  "max_steps",
  "save_minutes",
  "log_every",
  "tensorboard",
  "device",
  "tune",
  "out",
  "baselines",
  "dataset.data_dir",
  "dataset.mirror",
  "normalization.mean", // the dataset's, where empty
  "normalization.std",
];

Deno.test("dcl-stl10 says every option of the reference, also where it is a default", async () => {
  const { values } = await presetLayer("dcl-stl10");
  assertEquals(values, REFERENCE);
});

Deno.test("dcl-stl10 resolves to the reference's configuration, and nothing else", async () => {
  const registry = await loadRegistry();
  const { flat } = await resolveConfig(command.spec, [await presetLayer("dcl-stl10")], registry);
  const rest = Object.entries(flat).filter(([name]) => !FREE.includes(name));
  assertEquals(Object.fromEntries(rest), REFERENCE);
  assertEquals([flat["max_steps"], flat["normalization.mean"], flat["normalization.std"]], [
    0,
    [],
    [],
  ]);
});

Deno.test("dcl-stl10 trains on a miniature of the files, and its checkpoint is evaluated", async () => {
  await inFolder(async (cwd) => {
    await writeMiniature(`${cwd}/data`, { train: 4, test: 3, unlabeled: 5 });

    const options = stl10.options.parse({ dataDir: `${cwd}/data` });
    const dataset = await stl10.create(options, sourceEnv("/nowhere"));
    assertEquals([dataset.mean, dataset.std], [
      [0.4914, 0.4822, 0.4465],
      [0.2023, 0.1994, 0.2010],
    ]);
    assertEquals([dataset.pretrain, dataset.splits["train+unlabeled"].length], [
      "train+unlabeled",
      9,
    ]);
    dataset.close?.();

    // What takes hours on a processor is smaller: the batch, the neighbors, the probe's epochs.
    const smaller = ["--batch_size=4", "--k=4", "--probe.epochs=1", "--no-baselines"];
    const { code, stderr } = await runCommand(cwd, [
      "train",
      "--preset=dcl-stl10",
      "--max_steps=2",
      `--data_dir=${cwd}/data`,
      "--device=wasm",
      ...smaller,
    ]);
    assertEquals(code, 0, stderr);
    const run = (await latestRun(`${cwd}/runs`))!;
    const { step, loss } = (await readMetrics(run)).at(-1)!;
    assertEquals(step, 2);
    assert(Number.isFinite(loss), `${loss}`);
    assertEquals((await listCheckpoints(run)).length, 1);
    for (const probe of ["linear", "knn"]) {
      const top1 = (await readResults(run))?.trained[probe].top1 ?? NaN;
      assert(top1 >= 0 && top1 <= 100, `${probe} ${top1}`);
    }
  });
});
