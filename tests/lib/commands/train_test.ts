import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readMetrics } from "../../../lib/run/metrics.ts";
import { latestRun, listCheckpoints } from "../../../lib/run/run_folder.ts";
import sharp from "sharp";
import { runCommand, startCommand, TINY, untilLogged } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { refused } from "../../support/refused.ts";

const newest = async (runs: string): Promise<string> => (await latestRun(runs))!;
const weights = async (run: string): Promise<Uint8Array> =>
  await Deno.readFile((await listCheckpoints(run))[0].path);
/** The log without what is measured in seconds, and a checkpoint's seconds likewise. */
const log = async (run: string): Promise<unknown[]> =>
  (await readMetrics(run)).map(({ seconds: _, images_per_second: __, time: ___, ...line }) => line);
const tensors = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)));

Deno.test("train says what it uses, evaluates, and leaves a run that the other commands take", async () => {
  await inFolder(async (cwd) => {
    const trained = await runCommand(cwd, ["train", ...TINY, "--epochs=2", "--eval_every=1"]);
    assertEquals(trained.code, 0, trained.stderr);
    assertMatch(trained.stderr, /^device {3}wasm: /m);
    assertMatch(trained.stderr, /^dataset {2}synthetic: 64 train, 24 test/m);
    for (const row of ["trained encoder", "untrained encoder", "raw pixels"]) {
      assertMatch(trained.stdout, new RegExp(`^${row} +[\\d.]+ % +[\\d.]+ %$`, "m"));
    }
    const run = await newest(`${cwd}/runs`);
    assertMatch(trained.stdout, /^run: runs\/[\d-]+-debiased-synthetic-0$/m);
    const evaluated = (await readMetrics(run)).filter((line) => "knn_top1" in line);
    assertEquals(evaluated.map(({ epoch }) => epoch), [1, 2]);

    const linear = await runCommand(cwd, ["linear"]);
    assertEquals(linear.code, 0, linear.stderr);
    const file = `${run}/results/linear-synthetic.json`;
    const { top1, perClass, confusion } = JSON.parse(await Deno.readTextFile(file));
    assertStringIncludes(linear.stdout, `top-1 ${top1.toFixed(2)} %`);
    assertEquals([Object.keys(perClass).length, confusion.length], [3, 3]);
    // The table of the training named the same number.
    assertStringIncludes(trained.stdout, `${top1.toFixed(2)} %`);

    const [{ path }] = await listCheckpoints(run);
    const knn = await runCommand(cwd, ["knn", `--model_path=${path}`, "--k=10"]);
    assertEquals(knn.code, 0, knn.stderr);
    assertMatch(knn.stdout, /^top-1 /);

    const embedded = await runCommand(cwd, ["embed", `--run=${run}`, "--file=e.safetensors"]);
    assertEquals(embedded.code, 0, embedded.stderr);
    assertStringIncludes(embedded.stdout, "24 × 8 features");
    assert((await Deno.stat(`${cwd}/e.safetensors`)).size > 24 * 8 * 4);
  });
});

Deno.test("a run's config.json repeats the run to the bit", async () => {
  await inFolder(async (cwd) => {
    const options = ["--max_steps=3", "--no-baselines", "--objective=hard", "--beta=0.5"];
    assertEquals((await runCommand(cwd, ["train", ...TINY, ...options])).code, 0);
    const first = await newest(`${cwd}/runs`);
    const again = await runCommand(cwd, ["train", `--config=${first}/config.json`, "--out=again"]);
    assertEquals(again.code, 0, again.stderr);
    const second = await newest(`${cwd}/again`);
    assertEquals(tensors(await weights(second)), tensors(await weights(first)));
  });
});

Deno.test("a run killed within an epoch and resumed ends as an unbroken one", async () => {
  await inFolder(async (cwd) => {
    const options = [...TINY, "--epochs=20", "--save_every=1", "--log_every=1", "--no-baselines"];
    assertEquals((await runCommand(cwd, ["train", ...options, "--out=whole"])).code, 0);
    const child = startCommand(cwd, ["train", ...options]);
    // Within the second epoch or a later one, each of four steps.
    await untilLogged(child, cwd, (lines) => lines > 5 && lines % 4 !== 0);
    child.kill("SIGKILL");
    await child.output();
    const run = await newest(`${cwd}/runs`);
    assert((await readMetrics(run)).length < 80, "it was killed before its end");
    const resumed = await runCommand(cwd, ["train", `--resume=${run}`]);
    assertEquals(resumed.code, 0, resumed.stderr);
    const whole = await newest(`${cwd}/whole`);
    assertEquals(tensors(await weights(run)), tensors(await weights(whole)));
    assertEquals(await log(run), await log(whole));
  });
});

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} saves the run and exits ${code}`, async () => {
    await inFolder(async (cwd) => {
      const child = startCommand(cwd, ["train", ...TINY, "--epochs=100000", "--log_every=1"]);
      await untilLogged(child, cwd, (lines) => lines > 0);
      child.kill(signal);
      const { code: exit, stderr } = await child.output();
      assertEquals(exit, code);
      assertStringIncludes(new TextDecoder().decode(stderr), "--resume=");
      const run = await newest(`${cwd}/runs`);
      assertEquals((await listCheckpoints(run)).length, 1);
      assertEquals(await Deno.stat(`${run}/lock`).catch(() => "gone"), "gone");
    });
  });
}

Deno.test("--debiased is the reference's name for the objective", async () => {
  await inFolder(async (cwd) => {
    const options = [...TINY, "--max_steps=1", "--no-baselines"];
    assertEquals((await runCommand(cwd, ["train", ...options, "--debiased=false"])).code, 0);
    assertMatch(await newest(`${cwd}/runs`), /-biased-/);
    const both = await runCommand(cwd, ["train", "--debiased", "--objective=hard"]);
    assertEquals(both.code, 2);
    assertStringIncludes(both.stderr, "both choose the objective");
    // As Python writes it, and as users of the reference type it.
    const python = await runCommand(cwd, ["train", ...options, "--debiased", "False"]);
    assertEquals(python.code, 0, python.stderr);
    assertMatch(await newest(`${cwd}/runs`), /-biased-/);
    const neither = await runCommand(cwd, ["train", ...options, "--debiased=no"]);
    assertEquals(neither.code, 2);
    assertStringIncludes(neither.stderr, "Cannot set --debiased: it must be true or false");
  });
});

Deno.test("a run that is older than an option is resumed with the option's default", async () => {
  await inFolder(async (cwd) => {
    const options = [...TINY, "--max_steps=2", "--no-baselines"];
    assertEquals((await runCommand(cwd, ["train", ...options])).code, 0);
    const run = await newest(`${cwd}/runs`);
    const path = `${run}/config.json`;
    const { precision, tune, ...older } = JSON.parse(await Deno.readTextFile(path));
    assertEquals([precision, tune], ["float32", "on"]);
    await Deno.writeTextFile(path, JSON.stringify(older));
    const other = await runCommand(cwd, ["train", "--resume", "--precision=mixed"]);
    assertEquals(other.code, 2);
    assertStringIncludes(other.stderr, "precision=mixed: the run was begun with float32");
    const further = await runCommand(cwd, ["train", "--resume", "--max_steps=4"]);
    assertEquals(further.code, 0, further.stderr);
    assertEquals((await readMetrics(run)).at(-1)?.step, 4);
  });
});

Deno.test("resuming with another option is refused, by name", async () => {
  await inFolder(async (cwd) => {
    const options = [...TINY, "--max_steps=2", "--no-baselines"];
    assertEquals((await runCommand(cwd, ["train", ...options])).code, 0);
    const other = await runCommand(cwd, ["train", "--resume", "--tau_plus=0.2"]);
    assertEquals(other.code, 2);
    assertStringIncludes(other.stderr, "objective.tau_plus=0.2: the run was begun with 0.1");
    const run = await newest(`${cwd}/runs`);
    // By hand as well, and what is refused is not written down.
    const config = await Deno.readTextFile(`${run}/config.json`);
    const edited = config.replace('"objective.tau_plus": 0.1', '"objective.tau_plus": 0.3');
    await Deno.writeTextFile(`${run}/config.json`, edited);
    refused(await runCommand(cwd, ["train", "--resume"]), 2, "tau_plus must stay 0.1, got 0.3");
    await Deno.writeTextFile(`${run}/config.json`, config);
    refused(
      await runCommand(cwd, ["train", "--resume", "--max_steps=1"]),
      2,
      "it has done 2 steps",
    );
    assertEquals(await Deno.readTextFile(`${run}/config.json`), config);
    const further = await runCommand(cwd, ["train", "--resume", "--max_steps=4"]);
    assertEquals(further.code, 0, further.stderr);
    assertEquals((await readMetrics(run)).at(-1)?.step, 4);
  });
});

Deno.test("a run is resumed on a folder that was moved, and not on one that has changed", async () => {
  await inFolder(async (cwd) => {
    const create = { width: 16, height: 16, channels: 3, background: "red" } as const;
    const png = await sharp({ create }).png().toBuffer();
    for (const name of ["a", "b"]) {
      await Deno.mkdir(`${cwd}/images/${name}`, { recursive: true });
      for (let i = 0; i < 9; i++) await Deno.writeFile(`${cwd}/images/${name}/${i}.png`, png);
    }
    const sizes = ["--image_size=16", "--crop_size=16", "--widths=4", "--strides=2"];
    const options = ["--batch_size=8", "--k=2", "--device=wasm", "--no-baselines", "--max_steps=1"];
    const train = ["train", "--dataset=folder", "--path=images", ...sizes, ...options];
    const first = await runCommand(cwd, train);
    assertEquals(first.code, 0, first.stderr);
    await Deno.rename(`${cwd}/images`, `${cwd}/moved`);
    const resume = ["train", "--resume", "--path=moved", "--max_steps=2"];
    const second = await runCommand(cwd, resume);
    assertEquals(second.code, 0, second.stderr);
    await Deno.writeFile(`${cwd}/moved/a/9.png`, png);
    refused(await runCommand(cwd, resume), 3, "17 examples in train in place of 16");
  });
});
