/**
 * HTML as values: what is put into a template is text, unless it is HTML already.
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
