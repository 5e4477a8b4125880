/**
 * A figure drawn: for a page, and as a file.
 *
 * @module
 */
import type { Figure } from "./curves.ts";
import { pageSvg } from "./figure.ts";
import { Html, html } from "./html.ts";

/** A figure as SVG. */
export interface Drawing extends Omit<Figure, "spec"> {
  /** The element, its colours from the page around it. */
  readonly svg: string;
}

/** Draws a figure. */
export async function draw({ id, title, alt, spec }: Figure): Promise<Drawing> {
  // Names in one page's elements may not be those of another's.
  const svg = (await pageSvg(spec)).replace(/(id="|url\(#)(clip|gradient)/g, `$1${id}-$2`);
  return { id, title, alt, svg };
}

/** The drawing as one picture of a page; readers are told what it shows. */
export function picture({ alt, svg }: Drawing): Html {
  const { markup } = html`
    <svg role="img" aria-label="${alt}"
  `;
  return new Html(svg.replace(/^<svg /, markup));
}

/** The drawing as a file of its own, light or dark as the reader's system is. */
export function svgFile({ title, alt, svg }: Drawing): string {
  const { markup } = html`
    <title>${title}</title>
    <desc>${alt}</desc>
    <style>
    :root { --card: #ffffff; background: #ffffff; color: #1c1e21; }
    @media (prefers-color-scheme: dark) {
      :root { --card: #191c1f; background: #191c1f; color: #e4e5e2; }
    }
    </style>
  `;
  return svg.replace(/^<svg [^>]*>/, (start) => start + markup) + "\n";
}
