/**
 * What may be read: what is in a folder, wherever links lead.
 *
 * @module
 */
import { isAbsolute, join, relative, sep } from "node:path";

/**
 * The real path of what `names`, one per folder, reach in `root`; undefined where there is nothing,
 * where a name is no plain one (`..`, `a/b`, a NUL byte), and where a symlink leads out of `root`.
 */
export async function realInside(
  root: string,
  ...names: readonly string[]
): Promise<string | undefined> {
  if (!names.every(isPlain)) return undefined;
  try {
    const base = await Deno.realPath(root);
    const path = await Deno.realPath(join(base, ...names));
    const way = relative(base, path);
    const outside = way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
    return outside ? undefined : path;
  } catch {
    return undefined; // what cannot be reached, for whatever reason, is not there
  }
}

/** The real path of a regular file, as {@linkcode realInside} has it: no folder, pipe or device. */
export async function realFileInside(
  root: string,
  ...names: readonly string[]
): Promise<string | undefined> {
  const path = await realInside(root, ...names);
  if (path === undefined) return undefined;
  const info = await Deno.stat(path).catch(() => undefined);
  return info?.isFile ? path : undefined;
}

const isPlain = (name: string): boolean =>
  name !== "" && name !== "." && name !== ".." && !/[/\\\0]/.test(name);
