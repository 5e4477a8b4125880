/**
 * Makes a static page of a trained encoder: given an image, it shows the nearest test images.
 *
 *     deno run -A examples/browser/prepare.ts --run=runs/… --to=site
 *
 * The page needs a web server and nothing else: TensorFlow.js, the exported model, the features, the
 * labels and the thumbnails are all in the folder.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  encodeSafetensors,
  features,
  latestRun,
  type LoadedRun,
  loadRun,
  type Progress,
  TauplusError,
  UsageError,
} from "@tauplus/tauplus";
import { replaceFolder } from "./replace_folder.ts";
import { sprite } from "./sprite.ts";

const USAGE = `Makes a page that shows the nearest test images of any image.

  --run=DIR       folder of the run; default the latest in runs
  --to=DIR        folder to make, or an earlier page to replace; default site
  --split=NAME    split whose images are searched; default test
  --count=N       images of it at most, evenly spread; default 2000
  --device=NAME   auto, webgpu or wasm; default auto`;

const FLAGS = {
  run: { type: "string" },
  to: { type: "string", default: "site" },
  split: { type: "string", default: "test" },
  count: { type: "string", default: "2000" },
  device: { type: "string", default: "auto" },
  help: { type: "boolean", default: false },
} as const;

/** The files of the page that are as they are. */
const PAGE = ["index.html", "page.js"];
const DEVICES = ["auto", "webgpu", "wasm"] as const;

/** Makes the page. */
async function prepare(args: string[]): Promise<void> {
  const flags = readFlags(args);
  if (flags.help) return console.log(USAGE);
  const count = Number(flags.count);
  if (!Number.isInteger(count) || count < 1) {
    throw wrong("count", "a positive integer", flags.count);
  }
  const device = DEVICES.find((name) => name === flags.device);
  if (device === undefined) throw wrong("device", `one of ${DEVICES.join(", ")}`, flags.device);
  const path = flags.run ?? await latestRun("runs");
  if (path === undefined) {
    const next = "Train first (`deno task train`), or name one: --run=DIR.";
    throw new UsageError({
      act: "find the latest run",
      rule: "the folder runs must contain one",
      next,
    });
  }

  await replaceFolder(flags.to, async (folder) => {
    const run = await loadRun(path, { device, progress });
    const indices = spread(run, flags.split, count);
    console.log(`embedding ${indices.length} images of ${run.names.dataset}, ${flags.split}`);
    await Deno.writeFile(
      `${folder}/neighbors.safetensors`,
      encodeSafetensors(...await neighbors(run, flags.split, indices)),
    );
    await Deno.writeFile(`${folder}/sprite.webp`, await sprite(run.dataset, flags.split, indices));
    await exportModel(path, `${folder}/model`);
    const library = new URL(import.meta.resolve("npm:@tensorflow/tfjs@4.22.0/dist/tf.min.js"));
    await Deno.copyFile(library, `${folder}/tf.min.js`);
    for (const name of PAGE) {
      await Deno.copyFile(new URL(name, import.meta.url), `${folder}/${name}`);
    }
  });
  if (Deno.stderr.isTerminal()) console.error();
  console.log(`made: ${flags.to}   serve it with \`npx -y serve ${flags.to}\``);
}

/** One line that is written over, where somebody looks on. */
function progress({ task, done, total, unit }: Progress): void {
  if (!Deno.stderr.isTerminal()) return;
  const line = `\r${task}   ${done}${total > 0 ? `/${total}` : ""} ${unit}\x1b[K`;
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}

function readFlags(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS }).values;
  } catch (cause) {
    const act = "understand the flags";
    const rule = cause instanceof Error ? cause.message.split(".")[0] : String(cause);
    throw new UsageError({ act, rule, next: "--help lists them.", cause });
  }
}

function wrong(flag: string, rule: string, got: string): UsageError {
  const next = "--help lists the options.";
  return new UsageError({ act: `use --${flag}`, rule: `it must be ${rule}`, got, next });
}

/** At most `count` examples of a split, evenly spread over it. */
function spread({ dataset }: LoadedRun, split: string, count: number): Int32Array {
  const length = dataset.splits[split]?.length;
  if (length === undefined) {
    throw wrong("split", `one of ${Object.keys(dataset.splits).join(", ")}`, split);
  }
  const shown = Math.min(count, length);
  return Int32Array.from({ length: shown }, (_, i) => Math.floor(i * length / shown));
}

/** Features of unit length, so that a product of two is their cosine; and what they are of. */
async function neighbors(
  run: LoadedRun,
  split: string,
  indices: Int32Array,
): Promise<Parameters<typeof encodeSafetensors>> {
  const { encoder: { dim }, dataset: { classes, splits, shape }, names } = run;
  const rows = await features({ ...run, split, indices });
  for (let at = 0; at < rows.length; at += dim) {
    const row = rows.subarray(at, at + dim);
    // A feature of zeros has no direction, and the cosine 0 to all.
    const norm = Math.hypot(...row) || 1;
    row.forEach((value, i) => row[i] = value / norm);
  }
  const labels = Int32Array.from(indices, (index) => splits[split].labels?.[index] ?? -1);
  return [
    new Map([
      ["features", { dtype: "F32", shape: [indices.length, dim], data: rows }],
      ["labels", { dtype: "I32", shape: [indices.length], data: labels }],
      ["indices", { dtype: "I32", shape: [indices.length], data: indices }],
    ]),
    {
      dataset: names.dataset,
      encoder: names.encoder,
      split,
      shape: JSON.stringify(shape),
      classes: JSON.stringify(classes),
    },
  ];
}

/** As `deno task export` does; `--pixels`: the page gives bytes, and the network normalizes them. */
async function exportModel(run: string, output: string): Promise<void> {
  const cli = import.meta.resolve("@tauplus/tauplus/cli");
  const config = import.meta.resolve("../../deno.json");
  const flags = ["--format=tfjs", "--pixels", "--fold", "--device=wasm"];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `--config=${fileURLToPath(config)}`, cli]
      .concat("export", `--run=${run}`, `--output=${output}`, flags),
  }).output();
  if (success) return;
  throw new UsageError({
    act: `export the encoder of ${run}`,
    rule: new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "the command failed",
    next: "Run `deno task export --format=tfjs --pixels` to see more.",
  });
}

try {
  await prepare(Deno.args);
  // A device may hold the process.
  Deno.exit(0);
} catch (error) {
  if (!(error instanceof TauplusError)) throw error;
  console.error(`error: ${error.message}`);
  Deno.exit(error.exitCode);
}
