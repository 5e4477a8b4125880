import { assertEquals } from "@std/assert";
import { z } from "zod";
import { COMMANDS } from "../../lib/command_line/commands.ts";
import { restoreSpec } from "../../lib/commands/shared/restore.ts";
import { runGroups } from "../../lib/open_run.ts";
import { command as train } from "../../lib/commands/train.ts";
import { changedOption, resolveConfig, savedValues, valuesOfRun } from "../../lib/config.ts";
import { type Facts, facts, ROLE_FACTS, UNSTATED } from "../../lib/facts.ts";
import { flagsOf } from "../../lib/options.ts";
import { KINDS, loadRegistry } from "../../lib/registry.ts";

/** Every schema of the package by whose it is: a command, a group, a plugin. */
async function schemas(): Promise<[string, z.ZodObject][]> {
  const all = new Map<string, z.ZodObject>();
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    const { command: { spec } } = await load();
    all.set(name, spec.options);
    for (const [group, schema] of Object.entries(spec.groups ?? {})) all.set(group, schema);
  }
  const registry = await loadRegistry();
  for (const kind of KINDS) {
    for (const name of registry.names(kind)) {
      all.set(`${kind} ${name}`, (await registry.get(kind, name)).options);
    }
  }
  return [...all];
}

/** The facts that an option itself states, by whose it is and its name. */
async function stated(): Promise<[string, Partial<Facts>][]> {
  const nothing = {} as Facts;
  return (await schemas()).flatMap(([whose, schema]) =>
    flagsOf(schema, nothing).map(({ name, facts }): [string, Partial<Facts>] => [
      `${whose}: ${name}`,
      facts,
    ])
  );
}

const KEYS = [
  "of",
  "resume",
  "result",
  "baseline",
  "sweep",
  "overview",
  "front",
  "reference",
] as const;

Deno.test("each option of the package says its facts", async () => {
  const silent = (await stated()).filter(([, facts]) =>
    KEYS.some((key) => facts[key] === undefined)
  );
  assertEquals(silent, []);
});

Deno.test("an older plugin's facts of judging are those of evaluation", () => {
  assertEquals(facts("judging", { front: true }), facts("evaluation", { front: true }));
});

/** Who has which options with which facts. */
const TABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "run fixed result baseline vary overview": { role: "dataset encoder" },
  "run fixed result baseline vary": {
    views: "crop_size crop_scale_min crop_scale_max crop_ratio_min crop_ratio_max flip jitter " +
      "brightness contrast saturation hue grayscale blur blur_kernel blur_sigma_min blur_sigma_max",
    normalization: "mean std",
    "dataset cifar100": "labels",
    "dataset folder": "image_size test_share labels max_value on_error",
    "dataset synthetic": "classes size train test imbalance noise data_seed",
    "encoder conv": "widths strides grid",
    "encoder resnet18": "stem",
    "encoder resnet34": "stem",
    "encoder resnet50": "stem",
  },
  // A run is resumed wherever its data lie: that they are the same is in its checkpoints.
  "run free result baseline vary": {
    data: "data_dir mirror",
    "dataset fashion-mnist": "data_dir mirror",
    "dataset cifar10": "data_dir mirror",
    "dataset cifar100": "data_dir mirror",
    "dataset stl10": "data_dir mirror",
    "dataset folder": "path",
  },
  "run fixed result baseline absent overview": { train: "seed" },
  "run fixed result baseline absent": {
    linear: "seed",
    knn: "seed",
    embed: "seed",
    export: "seed",
  },
  "run fixed result vary overview reference": {
    train: "batch_size",
    sweep: "batch_size",
    "objective biased": "temperature",
    "objective debiased": "temperature tau_plus",
  },
  "run fixed result vary overview": {
    role: "objective",
    "objective hard": "temperature tau_plus beta",
    "objective oracle": "temperature",
    "objective decoupled": "temperature",
    "objective supcon": "temperature",
  },
  "run free result vary overview": { train: "learning_rate", sweep: "learning_rate" },
  "run fixed result vary reference": { train: "feature_dim", sweep: "feature_dim" },
  "run fixed result vary": {
    train: "weight_decay optimizer momentum schedule warmup_epochs micro_batch precision",
    sweep: "weight_decay optimizer momentum schedule warmup_epochs micro_batch precision",
    "objective debiased": "positives",
    "objective barlow-twins": "lambda",
    "objective vicreg": "invariance variance covariance",
  },
  "run extend result vary overview reference": { train: "epochs", sweep: "epochs" },
  // Of a run that is extended, which those of a sweep are not.
  "run free absent": { train: "rewarm_epochs" },
  "run extend result vary": { train: "max_steps", sweep: "max_steps" },
  "command free result baseline vary reference": {
    train: "k",
    sweep: "k",
    "probe linear": "epochs batch_size",
    "probe knn": "k",
  },
  "command free result baseline vary": {
    train: "knn_temperature",
    sweep: "knn_temperature",
    "probe linear": "protocol learning_rate weight_decay",
    "probe knn": "temperature",
  },
  "command free result baseline shared": { role: "probe" },
  // The steps that are logged are those that clamp_rate and false_negative_rate are means over.
  "command free result shared": { train: "log_every", sweep: "log_every" },
  "command free shared": {
    train: "eval_every save_every save_minutes tune tensorboard",
    sweep: "eval_every save_every save_minutes tune tensorboard",
    linear: "tune",
    knn: "tune",
    embed: "tune",
    report: "tune",
    export: "tune",
  },
  "command free shared front": {
    train: "device",
    sweep: "device",
    linear: "device",
    knn: "device",
    embed: "device",
    report: "device",
    export: "device",
    plugins: "device",
  },
  "command free assigned": { train: "baselines", sweep: "baselines" },
  "command free absent": {
    train: "out",
    linear: "out",
    knn: "out",
    embed: "out",
    report: "out",
    export: "out",
    dashboard: "out",
    doctor: "out",
  },
  "call free shared front": { train: "preset", sweep: "preset" },
  "call free absent reference": { train: "debiased" },
  "call free absent front reference": {
    linear: "model_path",
    knn: "model_path",
    embed: "model_path",
    export: "model_path",
  },
  "call free absent front": {
    train: "resume",
    linear: "run",
    knn: "run",
    embed: "run split file",
    report: "run to points",
    export: "run format output fold head pixels",
    dashboard: "run port",
    doctor: "device quick",
    plugins: "to options",
  },
  "call free own front": { sweep: "seeds jobs out" },
  "call free own": { sweep: "baseline" },
};

Deno.test("the facts of every option are those of the table", async () => {
  const words = (facts: Partial<Facts>) =>
    KEYS.flatMap((key) => {
      const value = facts[key];
      return typeof value === "string" ? [value] : value ? [key] : [];
    }).join(" ");
  const roles = Object.entries(ROLE_FACTS).map(([kind, facts]) => `role: ${kind}: ${words(facts)}`);
  const options = (await stated()).map(([name, facts]) => `${name}: ${words(facts)}`);
  const expected = Object.entries(TABLE).flatMap(([facts, those]) =>
    Object.entries(those).flatMap(([whose, names]) =>
      names.split(" ").map((name) => `${whose}: ${name}: ${facts}`)
    )
  );
  assertEquals([...roles, ...options].toSorted(), expected.toSorted());
});

Deno.test("an option without facts gets those of its plugin's kind; stated facts are kept", () => {
  const schema = z.strictObject({
    margin: z.number().default(1),
    told: z.number().default(1).meta({ facts: { overview: true } }),
  });
  const [margin, told] = flagsOf(schema, UNSTATED.objective);
  const expected: Facts = {
    of: "run",
    resume: "fixed",
    result: true,
    baseline: false,
    sweep: "vary",
    overview: false,
    front: false,
    reference: false,
  };
  assertEquals(margin.facts, expected);
  assertEquals(told.facts, { ...expected, overview: true });
  assertEquals(
    KINDS.map((kind) => [UNSTATED[kind].of, UNSTATED[kind].resume, UNSTATED[kind].baseline]),
    [
      ["run", "fixed", true],
      ["run", "fixed", true],
      ["run", "fixed", false],
      ["command", "free", true],
    ],
  );
});

const registry = await loadRegistry();
/** All that a training has, each option with a value. */
const training = await resolveConfig(train.spec, [{
  source: "the test",
  values: { dataset: "synthetic", probe: "knn", resume: "runs/a", preset: "quickstart" },
  text: false,
}], registry);
const { flat, factsOf } = training;
const sections = (names: Iterable<string>) =>
  [...new Set([...names].map((name) => name.includes(".") ? name.replace(/\..*/, ".*") : name))]
    .toSorted();

Deno.test("what is saved with a run is all but what is of the one call", () => {
  assertEquals(
    Object.keys(flat).filter((name) => !(name in savedValues(training))),
    ["resume", "preset"],
  );
});

Deno.test("a resumed run may change how it computes, saves and evaluates, and train for longer", () => {
  const may = Object.keys(flat).filter((name) =>
    changedOption(flat, { ...flat, [name]: "another" }, factsOf) === undefined
  );
  assertEquals(sections(may), [
    "baselines",
    "device",
    "epochs",
    "eval_every",
    "k",
    "knn_temperature",
    "learning_rate",
    "log_every",
    "max_steps",
    "out",
    "preset",
    "probe",
    "probe.*",
    "resume",
    "rewarm_epochs",
    "save_every",
    "save_minutes",
    "tensorboard",
    "tune",
  ]);
  assertEquals(changedOption(flat, { ...flat, plugin: ["./a.ts"] }, factsOf), "plugin");
});

Deno.test("docs/run-folder.md says of every option whether a resumed run may change it", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/run-folder.md", import.meta.url));
  const rows = [...page.matchAll(/^\| `(fixed|extend|free)` +\|[^|]*\|([^|]*)\|$/gm)];
  const said = rows.flatMap(([, resume, options]) =>
    [...options.matchAll(/`--([\w.*]+)`/g)].map(([, name]) => `${name}: ${resume}`)
  );
  const expected = new Set(
    Object.entries(ROLE_FACTS).map(([kind, { resume }]) => `${kind}: ${resume}`),
  );
  for (const { name, facts } of flagsOf(train.spec.options)) {
    if (facts.of !== "call") expected.add(`${name}: ${facts.resume}`);
  }
  for (const [group, schema] of Object.entries(runGroups)) {
    for (const { facts } of flagsOf(schema)) expected.add(`${group}.*: ${facts.resume}`);
  }
  // Of a plugin's options only those are named that differ from what its kind has where none says so.
  for (const kind of KINDS) {
    const { resume } = UNSTATED[kind];
    expected.add(`${kind}.*: ${resume}`);
    for (const plugin of registry.names(kind)) {
      for (const { name, facts } of flagsOf((await registry.get(kind, plugin)).options)) {
        if (facts.resume !== resume) expected.add(`${name}: ${facts.resume}`);
      }
    }
  }
  assertEquals(said.toSorted(), [...expected].toSorted());
});

Deno.test("a later command takes seed, data, encoder and views from the run", () => {
  assertEquals(sections(Object.keys(valuesOfRun(restoreSpec({ probe: "knn" }, runGroups), flat))), [
    "dataset",
    "dataset.*",
    "encoder",
    "encoder.*",
    "normalization.*",
    "seed",
    "views.*",
  ]);
});

Deno.test("a sweep takes the options of train but those of one run", async () => {
  const { command: { spec } } = await COMMANDS.sweep.load();
  const names = flagsOf(spec.options).map(({ name }) => name);
  assertEquals(names.slice(0, 4), ["seeds", "baseline", "jobs", "out"]);
  const left = flagsOf(train.spec.options).filter(({ name }) => !names.includes(name));
  assertEquals(left.map(({ name }) => name), ["seed", "rewarm_epochs", "resume", "debiased"]);
});
