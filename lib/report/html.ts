/**
 * HTML as values: what is put into a template is text, unless it is HTML already; and how our pages
 * look, light or dark as the reader's system is.
 *
 * @module
 */

export class Html {
  /** Takes markup as it is. */
  constructor(readonly markup: string) {}
}

/** What can stand in a template; a list is its elements one after another, false is nothing. */
export type Content = Html | string | number | false | undefined | readonly Content[];

/** A piece of HTML with `contents` in its holes; texts are escaped, also for attributes. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(
    strings.reduce((markup, string, i) => markup + markupOf(contents[i - 1]) + string),
  );
}

function markupOf(content: Content): string {
  if (content instanceof Html) return content.markup;
  if (content === undefined || content === false) return "";
  if (typeof content === "object") return content.map(markupOf).join("");
  return escapeHtml(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as markup, for elements and attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** The style sheet that report and dashboard share; their own rules come after it. */
export const THEME = `
:root {
  color-scheme: light dark;
  --page: #fafaf8; --card: #ffffff; --text: #1c1e21; --muted: #5a616b; --line: #dfe1dd;
  --accent: #0a5da8; --mark: #fdf0cf; --mark-line: #c98a00; --good: #16794a; --bad: #b3361b;
  --radius: 10px;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #111315; --card: #191c1f; --text: #e4e5e2; --muted: #9ba3ad; --line: #2d3236;
    --accent: #74b7f5; --mark: #382d10; --mark-line: #e0a526; --good: #5cc795; --bad: #ff8b6e;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 3.5rem; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main, .wide { max-width: 76rem; margin-inline: auto; padding-inline: 1.25rem; }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.25rem; margin: 0 0 0.75rem; letter-spacing: -0.005em; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0.4rem 0 0.8rem; max-width: 48rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
code { font: 0.875em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.muted, figcaption { color: var(--muted); }
figcaption { font-size: 0.85rem; line-height: 1.45; margin-top: 0.35rem; }
h2 + p { margin-top: -0.5rem; }
figure { margin: 0; min-width: 0; }
figure svg { display: block; max-width: 100%; height: auto; }
section { padding-block: 1.75rem 0.5rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: 1rem; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.3rem 0.9rem 0.3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--muted); font-weight: 600; font-size: 0.85rem; }
.scroll { overflow-x: auto; }
.number { text-align: right; }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media (max-width: 30rem) { main, .wide { padding-inline: 0.9rem; } h1 { font-size: 1.35rem; } }
`;
