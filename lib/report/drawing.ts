/**
 * A figure drawn: for a page, and as a file.
 *
 * @module
 */
import type { Figure } from "./curves.ts";
import { pageSvg } from "./figure.ts";
import { escapeHtml, Html } from "./html.ts";

/** A figure as SVG; its colors are those of the text around it. */
export interface Drawing extends Omit<Figure, "spec"> {
  /** With its title and legend. */
  readonly svg: string;
  /** Without, for a page that has them. */
  readonly bare: string;
}

/** Draws a figure. */
export async function draw({ id, title, alt, spec }: Figure): Promise<Drawing> {
  // Names in one page's elements may not be those of another's.
  const own = (svg: string) => svg.replace(/(id="|url\(#)(clip|gradient)/g, `$1${id}-$2`);
  return { id, title, alt, svg: own(await pageSvg(spec)), bare: own(await pageSvg(spec, true)) };
}

/** The drawing as one picture of a page; readers are told what it shows. */
export function picture({ alt, bare }: Drawing): Html {
  return new Html(bare.replace(/^<svg /, () => `<svg role="img" aria-label="${escapeHtml(alt)}" `));
}

/** The drawing as a file of its own, light or dark as the reader's system is. */
export function svgFile({ title, alt, svg }: Drawing): string {
  const head = `<title>${escapeHtml(title)}</title><desc>${escapeHtml(alt)}</desc>${FILE_STYLE}`;
  return svg.replace(/^<svg [^>]*>/, (start) => start + head) + "\n";
}

const FILE_STYLE = `<style>
:root { --card: #ffffff; background: #ffffff; color: #1c1e21; }
@media (prefers-color-scheme: dark) {
  :root { --card: #191c1f; background: #191c1f; color: #e4e5e2; }
}
</style>`;
