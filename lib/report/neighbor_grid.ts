/**
 * Random test images beside the ones that the encoder finds nearest.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { rng, STREAM } from "../random.ts";
import { type Html, html } from "./html.ts";
import type { TestImages } from "./test_images.ts";
import { sprite } from "./sprite_sheet.ts";
import type { Device } from "../device/device.ts";
import { nearestOfRows } from "../evaluate/nearest.ts";
import { yieldToEvents } from "../yield_to_events.ts";

/** Images in the grid, and neighbors of each. */
const QUERIES = 8;
const SHOWN = 8;

/** The name of an image's class. */
export function className({ labels, classes }: TestImages, i: number): string | undefined {
  const label = labels?.[i] ?? -1;
  return label < 0 ? undefined : classes[label] ?? String(label);
}

/** Of the nearest `count` neighbors of labeled images, the share that has the image's class. */
function agreement({ labels, neighbors }: TestImages, count: number): number {
  let [same, all] = [0, 0];
  neighbors.forEach(({ rows }, i) => {
    for (const row of rows.slice(0, count)) {
      if (!labels || labels[i] < 0 || labels[row] < 0) continue;
      all++;
      if (labels[row] === labels[i]) same++;
    }
  });
  return same / all;
}

/** The grid; the sheet of the images has the class `sheet`. */
export function neighborGrid(images: TestImages, sheet: string): Html {
  const { neighbors, indices, labels } = images;
  const queries = rng(0, STREAM.report, 2).permutation(indices.length).subarray(0, QUERIES);
  const share = agreement(images, SHOWN);
  const rows = [...queries].map((query) => {
    const { rows, cosines } = neighbors[query];
    const name = className(images, query);
    return html`
      <li>
      ${sprite(sheet, images.sheet, query, `${name ?? "Test image"}, number ${indices[query]}`)}
      <span class="name">${name ?? `number ${indices[query]}`}</span>
      <ol>${rows.slice(0, SHOWN).map((row, k) => {
        const other = className(images, row);
        const differs = labels !== undefined && labels[row] !== labels[query];
        return html`<li class="${differs ? "other" : ""}">${
          sprite(
            sheet,
            images.sheet,
            row,
            `${other ?? "Test image"}, number ${indices[row]}, cosine ${cosines[k].toFixed(3)}` +
              (differs ? ", another class" : ""),
          )
        }</li>`;
      })}</ol></li>
    `;
  });
  return html`
    <figure>
      <ul class="neighbors">${rows}</ul>
      <figcaption>At the left a test image, then its nearest ones by the cosine of their features, nearest
    first${Number.isFinite(share) &&
      html`; those of another class are underlined. Of all ${
        indices.length.toLocaleString("en")
      } images’ ${Math.min(SHOWN, indices.length - 1)} nearest, ${
        (100 * share).toFixed(1)
      } % have the image’s class`}.</figcaption>
    </figure>
  `;
}

/** The neighbors of one image, nearest first. */
export interface Neighbors {
  /** Indices into the rows that were searched. */
  readonly rows: readonly number[];
  /** The cosines of the angles to them. */
  readonly cosines: readonly number[];
}

/** Rows that are compared with all at a time. */
const BLOCK = 256;

/** Features shorter than this are divided by it, as `F.normalize` does. */
const SHORTEST = 1e-12;

/**
 * The k nearest other rows of each row, by cosine; of equal ones the earlier row comes first.
 *
 * @param features [count, dim]
 * @param k fewer than count
 */
export async function neighborsOf(
  device: Device,
  features: Float32Array,
  dim: number,
  k: number,
  signal?: AbortSignal,
): Promise<Neighbors[]> {
  const { tf } = device;
  const count = features.length / dim;
  const units = tf.tidy(() => {
    const rows = tf.tensor2d(features, [count, dim]);
    return rows.div<tf.Tensor2D>(rows.norm(2, 1, true).maximum(SHORTEST));
  });
  const found: Neighbors[] = [];
  try {
    for (let start = 0; start < count; start += BLOCK) {
      await yieldToEvents(signal);
      const cosines = tf.tidy(() => {
        const block = tf.slice2d(units, [start, 0], [Math.min(BLOCK, count - start), dim]);
        return tf.matMul<tf.Tensor2D>(block, units, false, true);
      });
      try {
        // One more, as each row is near to itself.
        for (const { columns, values } of await nearestOfRows(tf, cosines, k + 1)) {
          const self = found.length;
          const nearest = [...columns.keys()].reverse().filter((i) => columns[i] !== self);
          nearest.length = k;
          found.push({
            rows: nearest.map((i) => columns[i]),
            cosines: nearest.map((i) => values[i]),
          });
        }
      } finally {
        cosines.dispose();
      }
    }
  } finally {
    units.dispose();
  }
  device.check();
  return found;
}
