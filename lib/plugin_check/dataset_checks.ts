/**
 * What a good dataset holds.
 *
 * @module
 */
import type { Dataset, ExampleBatch, Split } from "../plugin.ts";
import { rng, STREAM } from "../random.ts";
import { channelStatistics } from "../data/normalization.ts";
import { pretrainSplit } from "../splits.ts";
import { type Check, type CheckPlace, type CheckResult, fail, info, pass } from "./check.ts";
import { trainTiny } from "./tiny_training.ts";

export interface TestedDataset extends CheckPlace {
  readonly dataset: Dataset;
  /** Opens it once more, with the same seed. */
  readonly again: () => Promise<Dataset>;
}

/** Examples of each split that are read, evenly spread. */
const EXAMPLES = 64;

const sizeOf = ({ shape }: Dataset) => shape.reduce((product, side) => product * side, 1);

/** Indices spread evenly over a split, as many as `count` where there are. */
function spread({ length }: Split, count = EXAMPLES): number[] {
  const n = Math.min(count, length);
  return Array.from({ length: n }, (_, i) => Math.floor(i * length / n));
}

const same = (a: ExampleBatch, b: ExampleBatch) =>
  a.length === b.length && a.every((value, i) => value === b[i]);

function splits({ dataset: { splits } }: TestedDataset): CheckResult {
  const counts = Object.entries(splits).map(([name, { length, labels }]) =>
    `${name} ${length.toLocaleString("en")}${labels ? "" : " unlabeled"}`
  );
  const empty = Object.entries(splits).find(([, { length }]) => length === 0);
  if (empty) return fail(`the split ${empty[0]} has no examples`);
  const labeled = splits.train?.labels && splits.test?.labels;
  return pass(counts.join(", ") + (labeled ? "" : "; no probe can use it"));
}

function labels({ dataset: { classes, splits } }: TestedDataset): CheckResult {
  const labeled = Object.entries(splits).filter(([, { labels }]) => labels);
  if (labeled.length === 0) return info("none");
  for (const [name, { labels = new Int32Array() }] of labeled) {
    const wrong = labels.find((label) => label < -1 || label >= classes.length);
    if (wrong !== undefined) {
      return fail(`${wrong} in ${name}, of ${classes.length} classes`);
    }
  }
  const doubled = classes.find((name, i) => classes.indexOf(name) !== i);
  if (doubled !== undefined) return fail(`two classes are called ${doubled}`);
  const used = new Set(labeled.flatMap(([, { labels }]) => [...labels ?? []]));
  const unused = classes.filter((_, label) => !used.has(label));
  return unused.length === 0
    ? pass(`of ${classes.length} classes`)
    : info(`no example of ${unused.slice(0, 3).join(", ")}`);
}

async function reading({ dataset }: TestedDataset): Promise<CheckResult> {
  const size = sizeOf(dataset);
  for (const [name, split] of Object.entries(dataset.splits)) {
    for (const indices of [[split.length - 1], [0, split.length - 1, 0]]) {
      const batch = await split.read(indices);
      if (!(batch instanceof Uint8Array || batch instanceof Float32Array)) {
        return fail(`${name} gives neither Uint8Array nor Float32Array`);
      }
      if (batch.length !== indices.length * size) {
        const expected = `${indices.length} × ${size}`;
        return fail(`${name} gives ${batch.length} numbers for ${expected}`);
      }
      if (!batch.every(Number.isFinite)) return fail(`${name} gives what is not finite`);
    }
  }
  return pass(`${dataset.shape.join("×")} each`);
}

async function deterministic({ dataset, again }: TestedDataset): Promise<CheckResult> {
  const twin = await again();
  try {
    for (const [name, split] of Object.entries(dataset.splits)) {
      const indices = spread(split);
      const first = await split.read(indices);
      if (!same(first, await split.read(indices))) return fail(`${name} differs when read again`);
      const other = twin.splits[name];
      if (!other || !same(first, await other.read(indices))) {
        return fail(`${name} differs when opened again with the same seed`);
      }
    }
  } finally {
    twin.close?.();
  }
  return pass("read again and opened again");
}

async function randomAccess({ dataset }: TestedDataset): Promise<CheckResult> {
  const size = sizeOf(dataset);
  for (const [name, split] of Object.entries(dataset.splits)) {
    const indices = spread(split);
    const inOrder = await split.read(indices);
    const order = [...rng(3).permutation(indices.length)];
    const shuffled = await split.read(order.map((i) => indices[i]));
    for (const [row, i] of order.entries()) {
      const own = inOrder.subarray(i * size, (i + 1) * size);
      if (!same(shuffled.subarray(row * size, (row + 1) * size), own)) {
        return fail(`example ${indices[i]} of ${name} depends on what is read with it`);
      }
    }
    const { bytes } = split;
    if (!bytes) continue;
    const at = indices.find((index, i) =>
      !same(
        bytes.subarray(index * size, (index + 1) * size),
        inOrder.subarray(i * size, (i + 1) * size),
      )
    );
    if (at !== undefined) return fail(`example ${at} of ${name} differs from its bytes`);
  }
  return pass("any order, the same examples");
}

async function statistics({ dataset }: TestedDataset): Promise<CheckResult> {
  const split = pretrainSplit(dataset);
  const channels = dataset.shape.at(-1) ?? 1;
  const indices = spread(split, 256);
  const batch = await split.read(indices);
  // Floats are taken as they are, bytes as shares of 255.
  const scale = batch instanceof Uint8Array ? 1 : 255;
  const read = () => Float32Array.from(batch, (value) => value * scale);
  const measured = await channelStatistics({ length: indices.length, read }, channels);
  const { mean, std } = dataset;
  for (let c = 0; c < channels; c++) {
    const [m, s] = [mean[mean.length === 1 ? 0 : c], std[std.length === 1 ? 0 : c]];
    const near = Math.abs(measured.mean[c] - m) <= Math.max(measured.std[c], 0.1);
    const alike = s <= 3 * measured.std[c] + 0.1 && measured.std[c] <= 3 * s + 0.1;
    if (near && alike) continue;
    const own = `${measured.mean[c].toPrecision(3)} ± ${measured.std[c].toPrecision(3)}`;
    return fail(`channel ${c} is ${own}, and it says ${m} ± ${s}`);
  }
  const shown = (values: readonly number[]) => values.map((value) => value.toFixed(3)).join(" ");
  return pass(`measured ${shown(measured.mean)} ± ${shown(measured.std)}`);
}

async function ownViews({ dataset }: TestedDataset): Promise<CheckResult> {
  if (!dataset.views) return info("none: views are augmented images");
  const split = pretrainSplit(dataset);
  const indices = spread(split, 8);
  const draw = async (epoch: number) =>
    await dataset.views!(indices, (row) => rng(0, STREAM.views, epoch, indices[row]));
  const [first, second, later] = [await draw(0), await draw(0), await draw(1)];
  if (first.length < 2) return fail(`${first.length} views of each example`);
  const size = indices.length * sizeOf(dataset);
  const wrong = first.find(({ length }) => length !== size);
  if (wrong) return fail(`${wrong.length} numbers in a view of ${size}`);
  if (first.some((view, v) => !same(view, second[v]))) {
    return fail("they differ for the same random stream");
  }
  return first.every((view, v) => same(view, later[v]))
    ? info("the same in every epoch")
    : pass(`${first.length} of each example, by random(row) alone`);
}

/** The checks, in the order of the table. */
export const DATASET_CHECKS: readonly Check<TestedDataset>[] = [
  {
    name: "splits",
    advice: "Name the splits train and test, each with examples.",
    run: splits,
  },
  {
    name: "labels",
    advice: "A label is the index of its class in `classes`, −1 where it is unknown.",
    run: labels,
  },
  {
    name: "sizes",
    advice: "read(indices) gives [indices.length, ...shape] in one array.",
    run: reading,
  },
  {
    name: "same examples twice",
    advice: "Draw from rng(env.seed, STREAM.plugin, split, index), and from nothing else.",
    run: deterministic,
  },
  {
    name: "random access",
    advice: "Let an example depend on its index alone, and copy it to its row of the batch.",
    run: randomAccess,
  },
  {
    name: "mean and std",
    advice: "They are of pixels scaled to 0–1 (of floats as they are), one number per channel.",
    run: statistics,
  },
  {
    name: "views of its own",
    advice: "Give two or more arrays [indices.length, ...shape], drawn from random(row) alone.",
    run: ownViews,
  },
  {
    name: "training",
    advice: "See the message: `--verbose` of a training with it shows where.",
    run: (tested) =>
      tested.dataset.shape.length === 3
        ? trainTiny(tested, { dataset: tested.dataset })
        : info("its examples are no images: train an encoder for them"),
  },
];
