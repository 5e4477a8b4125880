/**
 * Vega for pages: the browser builds of the npm packages, as text.
 *
 * @module
 */
import { DataError } from "../errors.ts";

/**
 * A classic script that defines `vega`, with `vega.expressionInterpreter`: a view made by
 * `new vega.View(vega.parse(spec, null, { ast: true }), { expr: vega.expressionInterpreter })` needs
 * no `unsafe-eval`. It takes vega's specs, which `liveSpec` compiles from vega-lite's. It
 * can stand between script tags as it is. Throws DataError where the packages cannot be read.
 */
export async function vegaScript(): Promise<string> {
  // So that they are in Deno's cache, from which they are read.
  await Promise.all([import("vega"), import("vega-interpreter")]);
  const [vega, interpreter] = await Promise.all([
    readBeside(import.meta.resolve("vega"), "vega.min.js"),
    readBeside(import.meta.resolve("vega-interpreter"), "vega-interpreter.js"),
  ]);
  return inlined([vega, classic(interpreter)].join("\n"));
}

/** JavaScript as it can stand between script tags: nothing in it ends the element. */
export function inlined(script: string): string {
  // In strings, templates and regular expressions alike `\/` and `\x21` mean the same.
  return script.replace(/<\/(?=script)/gi, "<\\/").replaceAll("<!--", "<\\x21--")
    .replace(/^\/\/# sourceMappingURL=.*$/gm, "");
}

/** The text of a file beside the module of a package, which names only the module. */
async function readBeside(module: string, file: string): Promise<string> {
  const url = new URL(file, module);
  try {
    return await Deno.readTextFile(url);
  } catch (cause) {
    throw new DataError({
      act: `read ${file} beside ${module}`,
      rule: "Deno's cache must have the whole package",
      got: cause,
      next: "Run `deno install` again.",
      cause,
    });
  }
}

/** The module vega-interpreter as a classic script: what it imports, `vega` has. */
function classic(module: string): string {
  const script = module
    .replace(/^import (\{[^}]*\}) from 'vega-util';$/m, "const $1 = vega;")
    .replace(/^export \{ expression as (\w+) \};$/m, "vega.$1 = expression;");
  return `{\n${script}\n}`;
}
