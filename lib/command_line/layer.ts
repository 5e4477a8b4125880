/**
 * A layer of the configuration from a JSON file.
 *
 * @module
 */
import type { Layer } from "../config.ts";
import { DataError, UsageError } from "../errors.ts";
import { parseJson } from "../files.ts";
import { didYouMean } from "../names.ts";

/**
 * Reads a `--config` file, a preset or a run's `config.json`: a flat JSON object of options.
 * Throws DataError where it cannot be read or is no such object.
 */
export async function readLayer(path: string | URL): Promise<Layer> {
  const source = path instanceof URL ? path.pathname.split("/").slice(-2).join("/") : path;
  const unreadable = (rule: string, cause?: unknown, got?: unknown) =>
    new DataError({
      act: `read the configuration ${source}`,
      rule,
      ...(got !== undefined && { got }),
      next: "Give a JSON object of options, as config.json of a run.",
      cause,
    });
  let bytes: Uint8Array;
  try {
    // A package from a registry has its presets behind https.
    bytes = path instanceof URL && path.protocol !== "file:"
      ? await (await fetch(path)).bytes()
      : await Deno.readFile(path);
  } catch (cause) {
    throw unreadable("the file must exist and be readable", cause);
  }
  let values: unknown;
  try {
    values = await parseJson(bytes);
  } catch (cause) {
    throw unreadable("it must be JSON", cause, cause);
  }
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw unreadable("it must be a JSON object");
  }
  return { source, values: { ...values }, text: false };
}

export const PRESETS: readonly string[] = ["quickstart", "dcl-cifar10", "dcl-stl10"];

/** The layer of a preset. Throws UsageError where there is none of that name. */
export async function presetLayer(name: string): Promise<Layer> {
  if (PRESETS.includes(name)) {
    return await readLayer(new URL(`../../presets/${name}.json`, import.meta.url));
  }
  throw new UsageError({
    act: `use the preset ${name}`,
    rule: `it must be one of ${PRESETS.join(", ")}`,
    next: `${didYouMean(name, PRESETS)}A file of your own goes to --config.`,
  });
}
