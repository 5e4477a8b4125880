/** A folder that is made whole or not at all. */
import { basename, dirname, join } from "node:path";
import { UsageError } from "@tauplus/tauplus";

/** The file that marks a folder as made by this script. */
const MARK = "neighbors.safetensors";

/**
 * Makes a folder: `make` fills one of another name, which takes its place when it is whole. Throws a
 * UsageError where `path` is there and is neither empty nor made by this.
 */
export async function replaceFolder(
  path: string,
  make: (folder: string) => Promise<void>,
): Promise<void> {
  const exists = await Deno.stat(path).then(() => true, () => false);
  if (exists) await checkReplaceable(path);
  await Deno.mkdir(dirname(path), { recursive: true });
  const folder = await Deno.makeTempDir({ dir: dirname(path), prefix: `.${basename(path)}.` });
  try {
    await make(folder);
    // A folder of the system's temporary kind is its owner's alone; this one is to be served.
    await Deno.chmod(folder, 0o755);
    if (exists) await Deno.remove(path, { recursive: true });
    await Deno.rename(folder, path);
  } catch (error) {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    throw error;
  }
}

async function checkReplaceable(path: string): Promise<void> {
  const { isDirectory } = await Deno.stat(path);
  const names = isDirectory ? [...Deno.readDirSync(path)].map(({ name }) => name) : [];
  if (isDirectory && (names.length === 0 || names.includes(MARK))) return;
  throw new UsageError({
    act: `write to ${path}`,
    rule: "it must be new, an empty folder, or an earlier page",
    got: isDirectory ? `a folder with ${join(path, names[0])}` : "a file",
    next: "Give another folder.",
  });
}
