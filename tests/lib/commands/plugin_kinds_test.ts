import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { latestRun } from "../../../lib/run/run_folder.ts";
import { hasRecords, keptIn, runCommand, TINY } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { refused } from "../../support/refused.ts";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

/** A third party's plugin `mine`, in plain JavaScript that imports nothing but zod. */
const plugin = (kind: string, create: string, options = "") => `
  import { z } from "zod";
  export default {
    apiVersion: 1, kind: "${kind}", name: "mine", summary: "A test's",
    options: z.strictObject({ ${options} }),
    create: ${create},
  };`;

/** An encoder of one convolution; `dim` and the activation are as given. */
const encoder = (dim: string, layers = "x") =>
  `({ width = 4 }, { tf, inputShape }) => {
  const input = tf.input({ shape: [null, null, inputShape[2]] });
  const x = tf.layers.conv2d({ name: "mine", filters: width, kernelSize: 3 }).apply(input);
  const pool = tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" });
  return { model: tf.model({ inputs: input, outputs: pool.apply(${layers}) }), dim: ${dim}, anySize: true };
}`;
const WIDTH = 'width: z.int().min(1).default(4).describe("channels"),';
const probe = (evaluate: string) =>
  `(options, { tf }) => ({ evaluate: async ({ train, test }) => { ${evaluate} } })`;

/** TINY without the options of its encoder. */
const ANY_ENCODER = TINY.filter((option) => !option.startsWith("--encoder."));
const SHORT = ["--max_steps=2", "--no-baselines"];

Deno.test("a third party's encoder and probe train, evaluate, and are found again by linear and embed", async () => {
  await inFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/encoder.ts`, plugin("encoder", encoder("width"), WIDTH));
    const first = probe(`
      const guess = train.labels[0];
      const right = test.labels.filter((label) => label === guess).length;
      return { top1: 100 * right / test.labels.length, top5: options.top5, dim: train.features.shape[1] };`);
    const top5 = 'top5: z.number().min(0).max(100).default(50).describe("claimed"),';
    await Deno.writeTextFile(`${cwd}/probe.ts`, plugin("probe", first, top5));
    const { code, stdout, stderr } = await runCommand(cwd, [
      "train",
      ...ANY_ENCODER,
      ...SHORT,
      "--plugin=./encoder.ts",
      "--plugin=./probe.ts",
      "--encoder=mine",
      "--width=6",
      "--probe=mine",
      "--top5=75",
    ]);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stdout, "mine top-1");
    assertStringIncludes(stdout, "33.33 %");
    const run = (await latestRun(`${cwd}/runs`))!;
    const file = `${run}/results/mine-synthetic.json`;
    const { judged: _, ...measured } = JSON.parse(await Deno.readTextFile(file));
    assertEquals(measured, { top1: 100 / 3, top5: 75, dim: 6 });
    // From another folder: the plugin's path is kept whole.
    await Deno.mkdir(`${cwd}/elsewhere`);
    const state = { XDG_STATE_HOME: `${cwd}/state` };
    const linear = await runCommand(`${cwd}/elsewhere`, ["linear", `--run=${run}`], state);
    assertEquals(linear.code, 0, linear.stderr);
    const embedded = await runCommand(cwd, ["embed"]);
    assertStringIncludes(embedded.stdout, "24 × 6 features");
  });
});

const METRICS = "{ top1: 50, top5: 100 }";
const BAD: [string, string, string, string][] = [
  ["encoder", "makes nothing", "() => undefined", "it must make a whole encoder"],
  [
    "encoder",
    "throws",
    '() => { throw new Error("boom"); }',
    "The encoder mine threw in create(): boom.",
  ],
  [
    "encoder",
    "says another dim than its model has",
    encoder("5"),
    "its model must give [batch, dim] with dim 5, got [,4]",
  ],
  [
    "encoder",
    "gives images",
    `(_, { tf, inputShape }) => {
      const input = tf.input({ shape: [...inputShape] });
      const outputs = tf.layers.conv2d({ filters: 4, kernelSize: 3 }).apply(input);
      return { model: tf.model({ inputs: input, outputs }), dim: 4, anySize: false };
    }`,
    "its model must give [batch, dim] with dim 4, got [,14,14,4]",
  ],
  [
    "encoder",
    "cannot take the views",
    `(_, { tf }) => {
      const input = tf.input({ shape: [9, 9, 3] });
      const flat = tf.layers.flatten().apply(input);
      const outputs = tf.layers.dense({ units: 4 }).apply(flat);
      return { model: tf.model({ inputs: input, outputs }), dim: 4, anySize: false };
    }`,
    "The encoder mine threw in model.apply(): ",
  ],
  ["probe", "makes nothing", "() => undefined", "it must make a whole probe"],
  ["probe", "has no evaluate", "() => ({})", "it must have a function evaluate"],
  [
    "probe",
    "throws",
    probe('throw new Error("boom");'),
    "The probe mine threw in evaluate(): boom.",
  ],
  ["probe", "returns NaN", probe("return { top1: NaN, top5: 100 };"), "top1 must be a number"],
  ["probe", "returns nothing", probe(""), "a probe returns an object with top1 and top5"],
  [
    "probe",
    "changes the encoder",
    probe(`
      const [kernel] = Object.values(tf.engine().state.registeredVariables)
        .filter(({ name }) => name.startsWith("conv1/"));
      kernel.assign(kernel.add(1));
      return ${METRICS};`),
    "a probe must leave the encoder's weights and batch-norm statistics as they are",
  ],
  [
    "probe",
    "disposes the features",
    probe(`train.features.dispose(); return ${METRICS};`),
    "a probe must not dispose of the features, which later probes use",
  ],
  ["dataset", "makes half of it", "() => ({ classes: [] })", "it must make a whole dataset"],
  [
    "dataset",
    "throws while reading",
    `() => ({
      classes: [], shape: [16, 16, 3], mean: [0.5], std: [0.5],
      splits: { train: { length: 64, read: () => { throw new Error("boom"); } } },
    })`,
    "The dataset mine threw in read(): boom.",
  ],
  [
    "dataset",
    "has labels of no class",
    `() => ({
      classes: ["a"], shape: [16, 16, 3], mean: [0.5], std: [0.5],
      splits: { train: { length: 2, labels: Int32Array.of(0, 1), read: () => new Uint8Array() } },
    })`,
    "the labels of train must be −1 to 0, got 1",
  ],
];

for (const [kind, what, create, words] of BAD) {
  Deno.test(`a third party's ${kind} that ${what} fails by name`, async () => {
    await inFolder(async (cwd) => {
      await Deno.writeTextFile(`${cwd}/mine.ts`, plugin(kind, create));
      const options = kind === "probe"
        ? TINY
        : kind === "encoder"
        ? ANY_ENCODER
        : ["--batch_size=16", "--crop_size=16", "--device=wasm"];
      const train = ["train", ...options, ...SHORT, "--plugin=./mine.ts", `--${kind}=mine`];
      refused(await runCommand(cwd, train), 6, "mine", words);
    });
  });
}

Deno.test("plugins are loaded by jsr: and npm: specifiers", async () => {
  await inFolder(async (cwd) => {
    // Packages of this folder, in place of published ones.
    const files = {
      "jsr/deno.json": JSON.stringify({
        name: "@me/hinge",
        version: "1.0.0",
        exports: "./mod.ts",
        imports: { "@tauplus/tauplus": "jsr:@tauplus/tauplus@^0.1.0" },
      }),
      "jsr/mod.ts": await Deno.readTextFile(`${REPOSITORY}/examples/hinge.ts`),
      "npm/package.json": JSON.stringify({
        name: "tauplus-mine",
        version: "1.0.0",
        type: "module",
        exports: "./mod.js",
        dependencies: { zod: "^4" },
      }),
      "npm/mod.js": plugin("objective", "() => ({ loss: ({ views: [a, b] }) => a.sub(b).mean() })"),
      "deno.json": JSON.stringify({
        imports: { "tauplus-mine": "npm:tauplus-mine@^1.0.0" },
        links: [REPOSITORY, "./jsr", "./npm"],
        nodeModulesDir: "auto",
        unstable: ["webgpu"],
        lock: false,
      }),
    };
    for (const folder of ["jsr", "npm"]) await Deno.mkdir(`${cwd}/${folder}`);
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${cwd}/${name}`, text);
    }
    const tauplus = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "jsr:@tauplus/tauplus@^0.1.0/cli", ...args],
        cwd,
        env: keptIn(cwd),
      }).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    const plugins = ["--plugin=jsr:@me/hinge", "--plugin=npm:tauplus-mine"];
    const list = await tauplus("plugins", ...plugins);
    assertStringIncludes(list, "hinge");
    assertStringIncludes(list, "mine");
    for (const objective of ["hinge", "mine"]) {
      const train = ["train", ...TINY, ...SHORT, ...plugins, `--objective=${objective}`];
      assertStringIncludes(await tauplus(...train), `${objective}-synthetic-0`);
    }
    assert(await hasRecords(cwd), "its runs are recorded in the test's folder");
  });
});
