import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { presetLayer } from "../../../lib/command_line/layer.ts";
import { readMetrics } from "../../../lib/run/metrics.ts";
import { latestRun, readConfig } from "../../../lib/run/run_folder.ts";
import { runCommand, runInTurn, TINY } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { refused } from "../../support/refused.ts";

Deno.test("the reference's protocol works in train, where raw pixels have none, and in linear", async () => {
  await inFolder(async (cwd) => {
    const options = ["--max_steps=1", "--protocol=dcl", "--probe.epochs=1"];
    const trained = await runCommand(cwd, ["train", ...TINY, ...options]);
    assertEquals(trained.code, 0, trained.stderr);
    assertMatch(trained.stdout, /^untrained encoder +[\d.]+ % +[\d.]+ %$/m);
    assertMatch(trained.stdout, /^raw pixels +[\d.]+ % +–$/m);
    const run = (await latestRun(`${cwd}/runs`))!;
    const saved = async () =>
      JSON.parse(await Deno.readTextFile(`${run}/results/linear-synthetic.json`));
    const first = await saved();
    assertEquals(first.protocol, "dcl");
    const linear = ["linear", "--protocol=dcl", "--epochs=1", "--device=wasm"];
    assertEquals((await runCommand(cwd, linear)).code, 0);
    // The encoder, the seed and the views are the run's: so is the result.
    assertEquals(await saved(), first);
    const more = await runCommand(cwd, [...linear, "--epochs=3", "--learning_rate=0.1"]);
    assertEquals(more.code, 0, more.stderr);
    assert((await saved()).trainLoss < first.trainLoss);
  });
});

Deno.test("flags override the file, the file the preset, the preset the defaults", async () => {
  await inFolder(async (cwd) => {
    const file = {
      crop_size: 16,
      "views.flip": 0,
      batch_size: 32,
      max_steps: 1,
      schedule: "cosine",
    };
    await Deno.writeTextFile(`${cwd}/mine.json`, JSON.stringify(file));
    const flags = ["--batch_size=64", "--warmup_epochs=2", "--device=wasm", "--no-baselines"];
    const few = ["--preset=quickstart", "--widths=2,2", "--strides=2,2", "--feature_dim=4"];
    const outcome = await runCommand(cwd, ["train", "--config=mine.json", ...few, ...flags]);
    assertEquals(outcome.code, 0, outcome.stderr);
    const run = (await latestRun(`${cwd}/runs`))!;
    const config = await readConfig(run) as Record<string, unknown>;
    const { batch_size, epochs, optimizer, "views.crop_size": crop, "views.flip": flip } = config;
    // The flag, the preset, the default, and twice the file.
    const { values: preset } = await presetLayer("quickstart");
    assertEquals([batch_size, epochs, optimizer, crop, flip], [64, preset.epochs, "adam", 16, 0]);
    const [line] = await readMetrics(run) as Record<string, number>[];
    // 7,500 examples: 117 steps an epoch, 234 of warm-up.
    assertEquals(line.learning_rate, Number(preset.learning_rate) / 234);
    assert(line.clamp_rate >= 0 && line.clamp_rate <= 1);
    // Of 64 examples of ten balanced classes, about a tenth of the negatives are false.
    assert(line.false_negative_rate > 0.05 && line.false_negative_rate < 0.15);
  });
});

Deno.test("plugins and datasets are listed and shown", async () => {
  await inFolder(async (cwd) => {
    const out = async (...args: string[]) => (await runCommand(cwd, args)).stdout;
    assertMatch(await out("plugins"), /^debiased +objective +Debiased contrastive loss/m);
    assertMatch(await out("plugins", "show", "debiased"), /^--tau_plus +0\.1 +a number from 0/m);
    assertMatch(await out("data"), /^stl10 +no +105,000 \+ 8,000 images/m);
    const stranger = await runCommand(cwd, ["plugins", "show", "unbiased"]);
    assertEquals([stranger.code, stranger.stdout], [2, ""]);
    const builtIn = await runCommand(cwd, ["data", "fetch", "fashion-mini"]);
    assertEquals(builtIn.code, 2);
    assertStringIncludes(builtIn.stderr, "This one needs no files");
  });
});

Deno.test("a third party's probe that throws in linear is named", async () => {
  await inFolder(async (cwd) => {
    const probe = `
      import { z } from "zod";
      const evaluate = () => { throw new Error("boom"); };
      export default {
        apiVersion: 1, kind: "probe", name: "mine", summary: "throws",
        options: z.strictObject({}), create: () => ({ evaluate }),
      };`;
    await Deno.writeTextFile(`${cwd}/mine.ts`, probe);
    const options = ["--max_steps=1", "--no-baselines"];
    assertEquals((await runCommand(cwd, ["train", ...TINY, ...options])).code, 0);
    const outcome = await runCommand(cwd, ["linear", "--plugin=./mine.ts", "--probe=mine"]);
    assertEquals(outcome.code, 6);
    assertStringIncludes(
      outcome.stderr,
      "The probe mine threw in evaluate(): boom.",
    );
  });
});

Deno.test("results of other data, weights and dataset options are kept side by side", async () => {
  await inFolder(async (cwd) => {
    const short = ["--epochs=2", "--save_every=1", "--no-baselines"];
    const trained = await runCommand(cwd, ["train", ...TINY, ...short]);
    assertEquals(trained.code, 0, trained.stderr);
    const run = (await latestRun(`${cwd}/runs`))!;
    const results = () => [...Deno.readDirSync(`${run}/results`)].map(({ name }) => name).sort();
    const read = (name: string) =>
      Deno.readTextFile(`${run}/results/${name}`).then((text) => JSON.parse(text));
    const own = ["knn-synthetic.json", "linear-synthetic.json"];
    assertEquals(results(), own);
    const before = await read("linear-synthetic.json");
    const checkpoint = await Deno.readFile(`${run}/checkpoint-2.safetensors`);

    const mini = ["--dataset=fashion-mini", "--k=3"];
    const outcomes = await runInTurn(cwd, [
      ["knn", "--device=wasm"],
      ["linear", "--train=48", "--device=wasm"],
      ["linear", "--train=32", "--device=wasm"],
      ["knn", `--model_path=${run}/checkpoint-1.safetensors`, "--device=wasm"],
      ["embed", "--device=wasm"],
      ["embed", "--train=48", "--device=wasm"],
      ["embed", "--device=wasm"],
      ["embed", `--file=${run}/checkpoint-2.safetensors`, "--device=wasm"],
      ["embed", `--file=${run}/config.json`, "--device=wasm"],
      ["embed", `--file=${run}/results/knn-synthetic.json`, "--device=wasm"],
      ["export", "--format=onnx", `--output=${run}/test.safetensors`, "--device=wasm"],
      ["export", "--format=onnx", "--device=wasm"],
      ["export", "--format=onnx", "--device=wasm"],
      ["report", "--points=5", "--device=wasm"],
      ["knn", ...mini, "--device=wasm"],
    ]);
    for (const { code, stderr } of outcomes.slice(0, 7)) assertEquals(code, 0, stderr);
    for (const outcome of outcomes.slice(7, 11)) refused(outcome, 2, "Cannot write");
    for (const { code, stderr } of outcomes.slice(11, 14)) assertEquals(code, 0, stderr);
    // Gray images do not fit an encoder of three channels, and nothing is written then.
    assertEquals(outcomes[14].code === 0, false);

    const others = results().filter((name) => !own.includes(name));
    assertEquals(others.length, 3, others.join());
    assertMatch(
      others.join(),
      /^knn-synthetic-checkpoint-1\.json,(linear-synthetic-[0-9a-f]{8}\.json,?){2}$/,
    );
    assertEquals(await read("linear-synthetic.json"), before);
    const { judged } = await read("knn-synthetic.json");
    assertEquals(judged.probe_options, { k: 10, temperature: 0.5 });
    assertEquals([judged.train_examples, judged.test_examples], [64, 24]);
    assertEquals(judged.checkpoint, "checkpoint-2.safetensors");
    const sizes = await Promise.all(others.slice(1).map(read));
    assertEquals(sizes.map(({ judged }) => judged.train_examples).sort(), [32, 48]);
    assertEquals(await Deno.readFile(`${run}/checkpoint-2.safetensors`), checkpoint);
    assertEquals(
      [...Deno.readDirSync(run)].filter(({ name }) => /^test-synthetic-[0-9a-f]{8}\./.test(name))
        .length,
      1,
    );
    const page = await Deno.readTextFile(`${run}/report/index.html`);
    for (const words of ["synthetic, as trained on", "48 of train", "checkpoint-1.safetensors"]) {
      assertStringIncludes(page, words);
    }
  });
});
