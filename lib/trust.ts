/**
 * Which runs were made here. A run names the plugins that it was trained with, and a plugin is code;
 * a run's folder may come from anybody. So training leaves a record outside the folder: a file
 * named by the SHA-256 of the run's configuration and of its plugins' contents. Where the folder is
 * does not matter, and a changed option or plugin has another digest.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { stateFolder } from "./cache.ts";
import { readText } from "./files.ts";

/** A run's configuration, as its `config.json` has it. */
type RunConfig = Readonly<Record<string, unknown>>;

/** The specifiers of the plugins that a configuration names. */
export function pluginsOf({ plugin }: RunConfig): string[] {
  return Array.isArray(plugin) ? plugin.map(String) : plugin === undefined ? [] : [String(plugin)];
}

/**
 * Keeps that this configuration was trained here. Nothing is kept of one without plugins: it needs no
 * trust.
 *
 * @returns whether it could be kept
 */
export async function recordTrust(config: RunConfig): Promise<boolean> {
  if (pluginsOf(config).length === 0) return true;
  try {
    await Deno.mkdir(recordFolder(), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(join(recordFolder(), await digest(config)), "");
    return true;
  } catch {
    return false;
  }
}

/** Whether a configuration was trained here, and its plugins are what they were then. */
export async function isTrusted(config: RunConfig): Promise<boolean> {
  try {
    return (await Deno.stat(join(recordFolder(), await digest(config)))).isFile;
  } catch {
    return false; // no record, or a plugin that cannot be read
  }
}

const recordFolder = (): string => join(stateFolder(), "runs-made-here");

/** Covers the source of local plugins, but only the specifier of remote ones: Deno caches those. */
async function digest(config: RunConfig): Promise<string> {
  const hash = createHash("sha256");
  const entries = Object.entries(config).filter(([, value]) => value !== undefined);
  hash.update(JSON.stringify(entries.sort(([a], [b]) => a < b ? -1 : 1)));
  for (const specifier of pluginsOf(config)) {
    for (const text of await localSources(specifier)) {
      hash.update(`\n${text.length}\n`).update(text);
    }
  }
  return hash.digest("hex");
}

/**
 * The texts of a plugin's file and of the files that it names as imports do: by a relative path, an
 * absolute one, or a `file:` URL.
 */
async function localSources(specifier: string): Promise<string[]> {
  if (/^(?!file:)[a-z]+:/.test(specifier)) return [];
  const first = specifier.startsWith("file:") ? fileURLToPath(specifier) : resolve(specifier);
  const texts = new Map([[first, await readText(first)]]);
  // A map is walked to what was added on the way.
  for (const [path, text] of texts) {
    for (const [, name] of text.matchAll(/["'`]((?:\.{0,2}\/|file:)[^"'`\n]+)["'`]/g)) {
      const url = URL.parse(name, pathToFileURL(path));
      if (url?.protocol !== "file:" || url.host !== "") continue;
      const other = fileURLToPath(new URL(url.pathname, url));
      if (texts.has(other)) continue;
      const found = await readText(other).catch(() => undefined);
      if (found !== undefined) texts.set(other, found);
    }
  }
  return [...texts.values()];
}
