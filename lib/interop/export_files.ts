/**
 * The files of an export: whole or not at all, and not over what is no export.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { UsageError } from "../errors.ts";
import { writeAtomic, writeError } from "../files.ts";
import { asSafetensors, checkReplaceable } from "../run/outputs.ts";

/** One file, or the files of a folder by name. */
export type ExportContents = Uint8Array | ReadonlyMap<string, Uint8Array | string>;

/** The files that an export to a folder is made of. */
const OF_FOLDER = /^(model\.json|.*\.bin)$/;

/**
 * Throws a UsageError where an export may not be written to `path`: a file replaces a file, but of a
 * run only an earlier export, and not `source`; a folder replaces a folder that is empty or an earlier
 * export.
 */
export async function checkOutput(
  path: string,
  kind: "file" | "folder",
  source?: string,
): Promise<void> {
  if (kind === "file") return await checkReplaceable(path, "--output", isExport, source);
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info) return;
  const refuse = (rule: string, got: string) => {
    throw new UsageError({
      act: `write ${path}`,
      rule,
      got,
      next: "Give another --output, or move what is there.",
    });
  };
  if (!info.isDirectory) refuse("it must be a folder", "a file");
  const names = [...Deno.readDirSync(path)].map(({ name }) => name);
  const other = names.find((name) => !OF_FOLDER.test(name));
  if (other !== undefined) refuse("the folder must be empty, or an earlier export", other);
  if (names.length > 0 && !names.includes("model.json")) {
    refuse("the folder must be empty, or an earlier export", names[0]);
  }
}

/** Whether a file is an earlier export, by safetensors metadata or the first fields of ONNX. */
function isExport(bytes: Uint8Array<ArrayBuffer>): boolean {
  if (asSafetensors(bytes)?.metadata.tauplus !== undefined) return true;
  return new TextDecoder("latin1").decode(bytes.subarray(0, 32)).includes("tauplus");
}

/**
 * Writes an export to a path that {@linkcode checkOutput} has passed. A folder is written under
 * another name, and takes its place when it is whole. Throws a DataError where that fails, and leaves
 * what was there.
 *
 * @returns whether there was an earlier one
 */
export async function writeExport(path: string, contents: ExportContents): Promise<boolean> {
  const exists = await Deno.stat(path).then(() => true, () => false);
  if (contents instanceof Uint8Array) {
    await writeAtomic(path, contents);
    return exists;
  }
  const beside = (what: string) => join(dirname(path), `.${basename(path)}.${Deno.pid}.${what}`);
  const [folder, old] = [beside("new"), beside("old")];
  try {
    await Deno.mkdir(folder);
    for (const [name, data] of contents) await writeAtomic(join(folder, name), data);
    if (exists) await Deno.rename(path, old);
    await Deno.rename(folder, path);
  } catch (cause) {
    if (exists) await Deno.rename(old, path).catch(() => {});
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    throw writeError(path, cause);
  }
  if (exists) await Deno.remove(old, { recursive: true });
  return exists;
}
