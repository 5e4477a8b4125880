/**
 * The files of a new plugin, from the templates beside this module: TypeScript that is checked,
 * linted and tested with the rest, and read as text from where the package is, a folder or JSR.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import type { Kind } from "../plugin.ts";

/** The word of the templates that stands for the plugin's name, and for nothing else. */
const PLACEHOLDER = "template";

/** A file to be written. */
export interface NewFile {
  /** Its name, without a folder. */
  readonly name: string;
  /** What it holds. */
  readonly text: string;
}

/** A plugin that works, `NAME.ts`, and its test, `NAME_test.ts`. */
export async function pluginFiles(kind: Kind, name: string): Promise<NewFile[]> {
  return await Promise.all(
    [`${PLACEHOLDER}.ts`, `${PLACEHOLDER}_test.ts`].map(async (file) => ({
      name: file.replace(PLACEHOLDER, name),
      text: instantiate(await readTemplate(kind, file), name),
    })),
  );
}

/** A template with the name in place of the placeholder, importing by names as its author does. */
export function instantiate(template: string, name: string): string {
  // `deno publish` writes versions into the specifiers of what it publishes.
  return template
    .replace(/"jsr:\/?(@\w+\/\w+)@[^"/]*((?:\/[^"]*)?)"/g, '"$1$2"')
    .replaceAll(PLACEHOLDER, name);
}

async function readTemplate(kind: Kind, file: string): Promise<string> {
  const url = new URL(`./templates/${kind}/${file}`, import.meta.url);
  try {
    const response = await fetch(url);
    if (response.ok) return await response.text();
    throw new Error(`${response.status} ${response.statusText}`);
  } catch (cause) {
    throw new DataError({
      act: `read the template ${url.href}`,
      rule: "it must be where tauplus is",
      got: cause,
      next: url.protocol === "file:"
        ? "Restore the file in the checkout of tauplus."
        : "Check the connection, then run the command again.",
      cause,
    });
  }
}
