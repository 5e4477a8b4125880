/**
 * Files that a command writes where a person says: none of a run is replaced but by what made it.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { decodeSafetensors, isSafetensors, type Safetensors } from "../interop/safetensors.ts";

/**
 * Throws a UsageError where a file may not be written to `path`: a folder is there; or the file that
 * the command reads; or, within a run's folder or below it, a file that the command did not make.
 *
 * @param flag of the command that names the path, as `--file`
 * @param isOwn whether the bytes of a file are what the command writes
 * @param source the file that the command reads, where it reads one
 */
export async function checkReplaceable(
  path: string,
  flag: string,
  isOwn: (bytes: Uint8Array<ArrayBuffer>) => boolean,
  source?: string,
): Promise<void> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info) return;
  const refuse = (rule: string, got: string) => {
    throw new UsageError({
      act: `write ${path}`,
      rule,
      got,
      next: `Give another ${flag}, or move what is there.`,
    });
  };
  if (info.isDirectory) refuse("it must be a file", "a folder");
  if (source !== undefined && await Deno.realPath(path) === await Deno.realPath(source)) {
    refuse("it must not replace the weights that are read", source);
  }
  const run = await runAround(path);
  if (run === undefined || isOwn(await Deno.readFile(path))) return;
  refuse(`of the run ${run} no file is replaced but what this command made`, basename(path));
}

/** A safetensors file in memory; undefined where the bytes are none that is whole. */
export function asSafetensors(bytes: Uint8Array<ArrayBuffer>): Safetensors | undefined {
  try {
    return isSafetensors(bytes) ? decodeSafetensors(bytes, "it") : undefined;
  } catch {
    return undefined;
  }
}

/** The run in whose folder, or below it, a file is. */
async function runAround(path: string): Promise<string | undefined> {
  let folder = await Deno.realPath(dirname(resolve(path)));
  for (;;) {
    if (await isRun(folder)) return folder;
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
}

/** Other programs keep a config.json too, but no log or checkpoint of tauplus beside it. */
async function isRun(folder: string): Promise<boolean> {
  const config = await Deno.stat(join(folder, "config.json")).catch(() => undefined);
  if (!config?.isFile) return false;
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  return names.some((name) => /^(metrics\.jsonl|checkpoint-\d.*\.safetensors)$/.test(name));
}
