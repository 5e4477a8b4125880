/**
 * The numbers of a metrics log: what report and dashboard call each, how it is drawn, what it means
 * and who proposed it. `docs/run-folder.md` has their units.
 *
 * @module
 */
import { own } from "../names.ts";
import { type Html, html } from "./html.ts";

const arxiv = (id: string, name: string) =>
  html`<a href="https://arxiv.org/abs/${id}" rel="noreferrer">${name}</a>`;

/** A field of the log as people see it. */
export interface Field {
  /** Above its figure, with the unit. */
  readonly title: string;
  /** What it means; a plugin's own field has none. */
  readonly caption?: Html;
  /** Whether the values are shares of 1, shown in percent. */
  readonly share?: boolean;
  /** Whether the axis begins at 0. */
  readonly zero?: boolean;
  /** Whether the points are shown: where there are few. */
  readonly sparse?: boolean;
}

/** The fields that are known, in the order of their figures. */
export const FIELDS: Readonly<Record<string, Field>> = {
  loss: {
    title: "Loss",
    caption: html`The objective's loss, mean of the steps since the last line of the log. Losses of
different objectives or temperatures are on different scales.`,
  },
  learning_rate: {
    title: "Learning rate",
    zero: true,
    caption: html`The step size given to the optimizer.`,
  },
  knn_top1: {
    title: "kNN top-1 on the test split, %",
    sparse: true,
    caption:
      html`Share of test images whose class the weighted vote of their nearest training images
names (${arxiv("1805.01978", "Wu et al. 2018")}).`,
  },
  alignment: {
    title: "Alignment: mean squared distance of positives",
    caption: html`How far apart the two views of an image are, ‖x − y‖² on the unit sphere: 0 where
they agree, 2 where they are unrelated. Lower is better, uniformity being equal (${
      arxiv("2005.10242", "Wang & Isola 2020")
    }).`,
  },
  uniformity: {
    title: "Uniformity: log mean Gaussian potential",
    caption: html`How evenly the images lie on the sphere, ln of the mean of exp(−2‖x − y‖²) over
pairs: 0 where all are one point, about −4 where they are spread evenly (${
      arxiv("2005.10242", "Wang & Isola 2020")
    }).`,
  },
  rankme: {
    title: "Effective rank (RankMe)",
    caption:
      html`How many dimensions the embeddings really use, exp of the entropy of their singular
values, of 256 images at most (RankMe, ${
        arxiv("2210.02885", "Garrido et al. 2023")
      }). A fall to a few is a collapse.`,
  },
  false_negative_rate: {
    title: "False negatives among the negatives",
    share: true,
    zero: true,
    caption: html`Share of a batch's pairs that are of one class, by the labels, which the
objective does not see. It is what τ⁺ is an estimate of (${
      arxiv("2007.00224", "Chuang et al. 2020")
    }).`,
  },
  clamp_rate: {
    title: "Clamped rows",
    share: true,
    zero: true,
    caption: html`Share of rows whose debiased sum of negatives fell below its least possible value
and was set to that, which stops its gradient (${arxiv("2007.00224", "Chuang et al. 2020")}).`,
  },
  images_per_second: {
    title: "Images per second",
    zero: true,
    caption:
      html`Images per second of training steps; evaluations, saving and tuning are left out.`,
  },
};

/** Fields that are no measurement, or stand beside one that has a figure. */
export const NOT_DRAWN: readonly string[] = ["step", "epoch", "seconds", "knn_top5"];

/** A field of that name; one that is not known is a plugin's own. */
export function fieldOf(name: string): Field {
  return own(FIELDS, name) ?? { title: name.replaceAll("_", " ") };
}
