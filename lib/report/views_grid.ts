/**
 * Images beside their views.
 *
 * @module
 */
import { type Html, html } from "./html.ts";
import { tile } from "./tiles.ts";
import type { TrainingViews } from "./training_views.ts";

/** The grid; the sheets have the classes `${sheet}-images` and `${sheet}-views`. */
export function viewsGrid(found: TrainingViews, sheet: string): Html {
  const { images, views, viewCount, imageShape, viewShape, indices, labels } = found;
  const size = ([height, width]: readonly number[]) => `${width}×${height}`;
  const shown = indices.map((index, i) => {
    const name = labels[i] ?? `number ${index}`;
    return html`
      <li>${tile(`${sheet}-images`, images, i, `${name}, training image ${index}`)}
      ${Array.from(
        { length: viewCount },
        (_, v) => tile(`${sheet}-views`, views, i * viewCount + v, `View ${v + 1} of ${name}`),
      )}<span class="name">${name}</span></li>
    `;
  });
  const words =
    `The first ${indices.length} images of the run’s first epoch. At the left of each ` +
    `the image (${
      size(imageShape)
    }), then the ${viewCount} views of it that the encoder was given ` +
    `(${size(viewShape)}) and that the objective calls alike.`;
  return html`
    <figure>
      <ul class="views" style="--tiles:${viewCount + 1}">${shown}</ul>
      <figcaption>${words}</figcaption>
    </figure>
  `;
}
