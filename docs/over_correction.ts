/**
 * `deno task docs:over-correction`: why the debiased loss over-corrects where positives are
 * augmentations. Computes docs/over-correction.json and .svg, and prints the tables of the page:
 *
 *     Ng_i = max((Σ over Ω_i of e^s − τ·K·P_i) / (1 − τ), K·e^(−1/t))
 *
 * for each P_i that one could take, beside the oracle (negatives by label), on clusters that are
 * drawn and on embeddings of encoders that are trained here, on wasm: minutes on two cores.
 *
 * @module
 */
import { openSession, type Rng, rng, train } from "@tauplus/tauplus";
import { type ChartSpec, figure } from "../lib/report/figure.ts";
import { jsonText } from "../lib/files.ts";
import { printErr, printOut } from "../lib/terminal/print.ts";
import {
  type Batch,
  contrast,
  examine,
  type Found,
  mean,
  meanOf,
  similaritiesOf,
  type Term,
  TERMS,
} from "./corrections.ts";

/** Ten classes as clouds on a sphere: their cosines are near 0.5 in a class, 0.9 in an image. */
const CLOUDS = { classes: 10, dim: 64, images: 1, views: 0.11, batch: 256, batches: 5 } as const;

/** A batch of clouds; the second view is of the same image, or of another one of its class. */
export function clouds(seed: number, views: "augmentation" | "class"): Batch {
  const { classes, dim, batch } = CLOUDS;
  const near = (center: readonly number[], spread: number, random: Rng): number[] => {
    const moved = center.map((value) => value + random.normal() * Math.sqrt(spread / dim));
    const length = Math.hypot(...moved);
    return moved.map((value) => value / length);
  };
  const zero = Array<number>(dim).fill(0);
  const centers = Array.from({ length: classes }, (_, c) => near(zero, 1, rng(c)));
  const random = rng(classes + seed);
  const labels = Int32Array.from({ length: batch }, () => random.int(classes));
  const image = (b: number) => near(centers[labels[b]], CLOUDS.images, random);
  const images = Array.from({ length: batch }, (_, b) => image(b));
  const others = images.map((own, b) => views === "class" ? image(b) : own);
  const rows = [images, others].flat().flatMap((own) => near(own, CLOUDS.views, random));
  return { rows: Float64Array.from(rows), labels };
}

/** The loss less the oracle's over τ⁺, for both ways to draw a positive; τ⁺ = 0 is biased. */
export function toy(): { views: string; tauPlus: number; loss: number }[] {
  const seeds = [...Array(CLOUDS.batches).keys()], temperature = 0.5;
  return (["class", "augmentation"] as const).flatMap((views) => {
    const batches = seeds.map((seed) => {
      const batch = clouds(seed, views), s = similaritiesOf(batch, temperature);
      return (term: Term, tauPlus = 0) =>
        contrast(s, batch.labels, { temperature, tauPlus }, term).loss;
    });
    const oracles = batches.map((loss) => loss("oracle"));
    return [0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12].map((tauPlus) => {
      const losses = batches.map((loss, i) => loss("e^(s⁺)", tauPlus) - oracles[i]);
      return { views, tauPlus, loss: mean(losses) };
    });
  });
}

/** Ten batches at the end of a training with the standard loss, as the objective sees them. */
const FASHION = {
  dataset: "fashion-mini",
  tauPlus: 0.1,
  conv: { widths: [16, 32, 64, 128], strides: [2, 2, 1, 2], grid: 2 },
  views: { cropSize: 20, cropScaleMin: 0.3, brightness: 0.8, contrast: 0.8 },
  epochs: 12,
} as const;
const FIVE = {
  dataset: "synthetic",
  datasetOptions: { classes: 5, size: 16, train: 2048, test: 1024 },
  tauPlus: 0.2,
  conv: { widths: [16, 32, 64] },
  views: { cropSize: 16 },
  epochs: 20,
} as const;
const TRAINED = [
  { name: "fashion-mini, t = 0.5", temperature: 0.5, ...FASHION },
  { name: "fashion-mini, t = 0.2", temperature: 0.2, ...FASHION },
  { name: "five classes, t = 1", temperature: 1, ...FIVE },
] as const;

async function embed(setting: typeof TRAINED[number]): Promise<Batch[]> {
  const { temperature, conv, views, epochs } = setting;
  const session = await openSession({ ...setting, device: "wasm" });
  const biased = await session.make("objective", "biased", { temperature });
  const batches: Batch[] = [];
  const objective = {
    ...biased,
    afterStep: ({ views, labels }: Parameters<typeof biased.loss>[0]) => {
      const rows = Float64Array.from(views.flatMap((view) => [...view.dataSync()]));
      batches.push({ rows, labels: Int32Array.from(labels!.dataSync()) });
      if (batches.length > 10) batches.shift();
    },
  };
  const encoder = await session.make("encoder", "conv", conv);
  await train(
    { ...session, encoder, objective, views },
    { epochs, learningRate: 0.003, schedule: "cosine", evalEvery: 0, saveEvery: 0 },
    { onStep: ({ step }) => step % 50 === 0 && printErr(`${setting.name}: step ${step}`) },
  );
  return batches;
}

/** All that the page shows. */
export interface OverCorrection {
  readonly toy: ReturnType<typeof toy>;
  readonly trained: readonly (Found & { readonly name: string })[];
}

const signed = (value: number, digits: number) =>
  (value < 0 ? "−" : "+") + Math.abs(value).toFixed(digits);

/** The tables of the page, in Markdown. */
export function tables({ toy, trained }: OverCorrection): string[] {
  const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    [head, head.map((_, i) => i === 0 ? "---" : "---:"), ...rows]
      .map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  const at = (views: string, tauPlus: number) =>
    signed(toy.find((point) => point.views === views && point.tauPlus === tauPlus)!.loss, 3);
  const names = trained.map(({ name }) => name);
  const byTerm = (key: "loss" | "direction", digits: number) =>
    Object.keys(trained[0][key]).map((
      term,
    ) => [term, ...trained.map((found) => signed(found[key][term], digits))]);
  return [
    table(["drawn clusters: positives are", "biased", "debiased, τ⁺ = 0.1"], [
      ["another image of the class", at("class", 0), at("class", 0.1)],
      ["an augmentation of the image", at("augmentation", 0), at("augmentation", 0.1)],
    ]),
    table(
      ["trained embeddings", "mean of a row", "class mean", "e^(s⁺)", "clamped with e^(s⁺)"],
      trained.map(({ name, rowMean, classMean, positive, clamped }) => [
        name,
        ...[rowMean, classMean, positive].map((value) => value.toFixed(2)),
        `${(100 * clamped).toFixed(0)} %`,
      ]),
    ),
    table(["loss − oracle's, P is", ...names], byTerm("loss", 3)),
    table(["direction, P is", ...names], byTerm("direction", 2)),
  ];
}

async function draw({ toy, trained }: OverCorrection): Promise<string> {
  const y = (title: string) => ({ field: "y", type: "quantitative" as const, title });
  const line = (views: string, color: string, label: string) => {
    const points = toy.filter((point) => point.views === views)
      .map(({ tauPlus, loss }) => ({ x: tauPlus, y: loss }));
    const encoding = {
      x: {
        field: "x",
        type: "quantitative" as const,
        title: "τ⁺ (0: biased; the truth is 0.1)",
      },
      y: y("loss − oracle's"),
    };
    const text = { type: "text" as const, align: "left" as const, dx: 8, dy: -8, color };
    return [
      { data: { values: points }, mark: { type: "line" as const, color }, encoding },
      {
        data: { values: [{ ...points[3], label }] },
        mark: text,
        encoding: { ...encoding, text: { field: "label" } },
      },
    ];
  };
  const clusters: ChartSpec = {
    title: "Debiased loss on drawn clusters",
    width: 400,
    height: 260,
    layer: [
      {
        data: { values: [{ y: 0 }] },
        mark: { type: "rule", strokeDash: [5, 4] },
        encoding: { y: y("") },
      },
      ...line("class", "#1f77b4", "positives: other images of the class"),
      ...line("augmentation", "#d95f02", "positives: augmentations"),
    ],
  };
  const bars = (title: string, key: "loss" | "direction", axis: string): ChartSpec => ({
    title,
    width: 300,
    height: 260,
    data: {
      values: trained.flatMap(({ name, ...found }) =>
        Object.entries(found[key]).map(([term, y]) => ({ x: name, y, series: term }))
      ),
    },
    mark: { type: "bar" },
    encoding: {
      x: {
        field: "x",
        type: "nominal",
        title: null,
        sort: null,
        axis: { labelAngle: -20, labelLimit: 0 },
      },
      xOffset: { field: "series", type: "nominal", sort: null },
      y: y(axis),
      color: {
        field: "series",
        type: "nominal",
        title: "bars: P",
        scale: { domain: [...TERMS], range: ["#9aa5b1", "#d95f02", "#1f77b4", "#1b9e77"] },
      },
    },
  });
  return await figure([[
    clusters,
    bars("Trained embeddings: value of the loss", "loss", "loss − oracle's"),
    bars("Direction of the correction", "direction", "cosine with the oracle's"),
  ]], "deno task docs:over-correction");
}

if (import.meta.main) {
  const trained: (Found & { name: string })[] = [];
  for (const setting of TRAINED) {
    const batches = await embed(setting);
    const found = meanOf(batches.map((batch) => examine(batch, setting)));
    trained.push({ name: setting.name, ...found });
  }
  const found: OverCorrection = { toy: toy(), trained };
  await Deno.writeTextFile(new URL("over-correction.json", import.meta.url), jsonText(found));
  await Deno.writeTextFile(new URL("over-correction.svg", import.meta.url), await draw(found));
  printOut(tables(found).join("\n\n"));
}
