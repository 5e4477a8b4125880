/**
 * The project a new plugin is in: the `deno.json` that says what `@tauplus/tauplus` is.
 *
 * @module
 */
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import tauplus from "../../deno.json" with { type: "json" };
import type { Kind } from "../plugin.ts";
import { jsonText } from "../files.ts";

/** The package, of the versions that are compatible with this one. */
const PACKAGE = `jsr:${tauplus.name}@^${tauplus.version}`;
/** What a plugin and its test import. */
const IMPORTS: Readonly<Record<string, string>> = {
  "@std/assert": tauplus.imports["@std/assert"],
  [tauplus.name]: PACKAGE,
};
/** The command line of the package. */
export const CLI: string = `deno run -A ${PACKAGE}/cli`;

/** The `deno.json` that Deno will find from a folder: its own or the nearest above; if any. */
export async function findProject(folder: string): Promise<string | undefined> {
  for (let at = resolve(folder);; at = dirname(at)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const path = join(at, name);
      if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
    }
    if (at === dirname(at)) return undefined;
  }
}

/** The `deno.json` of the checkout this module is in; undefined where it is from a registry. */
export function checkoutProject(): string | undefined {
  const url = new URL("../../deno.json", import.meta.url);
  return url.protocol === "file:" ? fileURLToPath(url) : undefined;
}

/** What a project must have for a plugin, and lacks, as specifiers for `deno add`. */
export async function missingImports(project: string): Promise<string[]> {
  const text = await Deno.readTextFile(project);
  return Object.entries(IMPORTS)
    .filter(([name]) => !text.includes(`"${name}"`))
    .map(([, specifier]) => specifier);
}

/**
 * The text of a `deno.json` for a folder with one plugin: it can be run, tested, checked and
 * published as it is, but for the scope of its name.
 *
 * From a checkout it links to that in place of the published package, and to what the checkout
 * itself links to; what is published resolves to the real ones all the same.
 */
export function projectText(folder: string, kind: Kind, name: string): string {
  const checkout = checkoutProject();
  const links = checkout === undefined ? [] : [".", ...tauplus.links]
    .map((link) => relative(resolve(folder), resolve(dirname(checkout), link)))
    .map((path) => path.replaceAll("\\", "/"));
  return jsonText({
    name: `@me/${name}`,
    version: "0.1.0",
    license: "MIT",
    exports: `./${name}.ts`,
    imports: IMPORTS,
    ...(links.length > 0 && { links }),
    tasks: {
      tauplus: CLI,
      check: `${CLI} plugins check ./${name}.ts`,
      test: "deno test -A",
      train: `${CLI} train --plugin=./${name}.ts ${trainFlags(kind, name)}`,
    },
    unstable: ["webgpu"],
    publish: { exclude: ["*_test.ts", "runs"] },
  });
}

/** The flags of a training that uses a plugin; a dataset leaves the preset its other options. */
export function trainFlags(kind: Kind, name: string): string {
  return `${kind === "dataset" ? "--preset=quickstart " : ""}--${kind}=${name}`;
}
