/**
 * What the numbers of a metrics log mean, and who proposed them.
 *
 * @module
 */
import { type Html, html } from "./html.ts";

const arxiv = (id: string, name: string) =>
  html`<a href="https://arxiv.org/abs/${id}" rel="noreferrer">${name}</a>`;

const CAPTIONS: Readonly<Record<string, Html>> = {
  loss: html`The objective's loss, mean of the steps since the last line of the log. Losses of
different objectives or temperatures are on different scales.`,
  learning_rate: html`The step size given to the optimizer.`,
  knn_top1: html`Share of test images whose class the weighted vote of their nearest training images
names (${arxiv("1805.01978", "Wu et al. 2018")}).`,
  alignment: html`How far apart the two views of an image are, ‖x − y‖² on the unit sphere: 0 where
they agree, 2 where they are unrelated. Lower is better, uniformity being equal (${
    arxiv("2005.10242", "Wang & Isola 2020")
  }).`,
  uniformity: html`How evenly the images lie on the sphere, ln of the mean of exp(−2‖x − y‖²) over
pairs: 0 where all are one point, about −4 where they are spread evenly (${
    arxiv("2005.10242", "Wang & Isola 2020")
  }).`,
  rankme: html`How many dimensions the embeddings really use, exp of the entropy of their singular
values, of 256 images at most (RankMe, ${
    arxiv("2210.02885", "Garrido et al. 2023")
  }). A fall to a few is a collapse.`,
  false_negative_rate: html`Share of a batch's pairs that are of one class, by the labels, which the
objective does not see. It is what τ⁺ is an estimate of (${
    arxiv("2007.00224", "Chuang et al. 2020")
  }).`,
  clamp_rate: html`Share of rows whose debiased sum of negatives fell below its least possible value
and was set to that, which stops its gradient (${arxiv("2007.00224", "Chuang et al. 2020")}).`,
  images_per_second:
    html`Images per second of training steps; evaluations, saving and tuning are left out.`,
};

/** The caption of a field; a plugin's own field has none. */
export function caption(field: string): Html | undefined {
  return Object.hasOwn(CAPTIONS, field) ? CAPTIONS[field] : undefined;
}
