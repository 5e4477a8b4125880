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
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";
import {
  type Dataset,
  encodeSafetensors,
  features,
  latestRun,
  type LoadedRun,
  loadRun,
  type Progress,
  TauplusError,
  UsageError,
} from "@tauplus/tauplus";

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

/** Thumbnails are this high and wide at most, in pixels. */
const LARGEST = 64;

/**
 * The examples of a split as the tiles of one WebP image, row by row, ⌈√n⌉ in a row; larger images
 * are made smaller. Throws a UsageError where they are no images of bytes, gray or RGB.
 */
export async function sprite(
  dataset: Dataset,
  split: string,
  indices: Int32Array,
): Promise<Uint8Array> {
  const [height, width, channels] = dataset.shape;
  const images = await dataset.splits[split].read(indices);
  if (!(images instanceof Uint8Array) || (channels !== 1 && channels !== 3)) {
    throw new UsageError({
      act: "draw the examples",
      rule: "they must be images of bytes, [height, width, 1 or 3]",
      got: `[${dataset.shape}]`,
      next: "Choose a run on images.",
    });
  }
  const columns = Math.ceil(Math.sqrt(indices.length));
  const rows = Math.ceil(indices.length / columns);
  const scale = Math.min(1, LARGEST / Math.max(height, width));
  const [tileHeight, tileWidth] = [height, width].map((n) => Math.round(scale * n));
  const sheet = new Uint8Array(rows * tileHeight * columns * tileWidth * channels);
  const size = height * width * channels;
  for (let i = 0; i < indices.length; i++) {
    const image = images.subarray(i * size, (i + 1) * size);
    const tile = await sharp(image, { raw: { width, height, channels } })
      .resize(tileWidth, tileHeight).toColourspace(channels === 1 ? "b-w" : "srgb").raw()
      .toBuffer();
    const [top, left] = [Math.floor(i / columns) * tileHeight, (i % columns) * tileWidth];
    for (let y = 0; y < tileHeight; y++) {
      const line = tile.subarray(y * tileWidth * channels, (y + 1) * tileWidth * channels);
      sheet.set(line, ((top + y) * columns * tileWidth + left) * channels);
    }
  }
  const raw = { width: columns * tileWidth, height: rows * tileHeight, channels } as const;
  return await sharp(sheet, { raw }).webp({ quality: 90 }).toBuffer();
}

/** The file that marks a folder as made by this script. */
const MARK = "neighbors.safetensors";

/**
 * Makes a folder: `make` fills one of another name, which takes its place when it is whole. Throws a
 * UsageError where `path` is there and is neither empty nor made by this.
 */
export async function replaceFolder(
  path: string,
  make: (folder: string) => Promise<void>,
): Promise<void> {
  const exists = await Deno.stat(path).then(() => true, () => false);
  if (exists) await checkReplaceable(path);
  await Deno.mkdir(dirname(path), { recursive: true });
  const folder = await Deno.makeTempDir({ dir: dirname(path), prefix: `.${basename(path)}.` });
  try {
    await make(folder);
    // A folder of the system's temporary kind is its owner's alone; this one is to be served.
    await Deno.chmod(folder, 0o755);
    if (exists) await Deno.remove(path, { recursive: true });
    await Deno.rename(folder, path);
  } catch (error) {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    throw error;
  }
}

async function checkReplaceable(path: string): Promise<void> {
  const { isDirectory } = await Deno.stat(path);
  const names = isDirectory ? [...Deno.readDirSync(path)].map(({ name }) => name) : [];
  if (isDirectory && (names.length === 0 || names.includes(MARK))) return;
  throw new UsageError({
    act: `write to ${path}`,
    rule: "it must be new, an empty folder, or an earlier page",
    got: isDirectory ? `a folder with ${join(path, names[0])}` : "a file",
    next: "Give another folder.",
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
