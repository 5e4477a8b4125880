/**
 * Finding the files of a folder, whatever lies in it: each real folder once, regular files alone.
 *
 * @module
 */
import { DataError } from "../errors.ts";

/** A folder and, in `folders`, its subfolders by name. */
export interface Folder {
  /** Where it is, as it was reached. */
  readonly path: string;
  /** The names of the files in it, sorted: regular ones, links to such, links that lead nowhere. */
  readonly files: readonly string[];
  readonly folders: Map<string, Folder>;
}

/** Entries of a folder that are skipped. */
export interface PassedOver {
  /** Paths of entries that are neither files nor folders: pipes, sockets, devices. */
  readonly special: string[];
  /** Paths of links to folders that are read under another name. */
  readonly again: string[];
}

/**
 * Finds all files below `root`. Names are in the order of their UTF-16 code units; hidden entries
 * are left out. Links are followed, but each real folder is read once, under its own name where it
 * has one below `root`, so that links in circles end.
 *
 * @throws DataError where a folder cannot be listed.
 */
export async function findFiles(root: string, passed: PassedOver): Promise<Folder> {
  const seen = new Set<string>();
  const links: { path: string; name: string; parent: Folder }[] = [];

  const visit = async (path: string): Promise<Folder | undefined> => {
    const { files, folders, linked, special, identity } = await list(path);
    if (seen.has(identity)) return undefined;
    seen.add(identity);
    passed.special.push(...special.map((name) => `${path}/${name}`));
    const folder: Folder = { path, files, folders: new Map() };
    for (const name of folders) {
      const found = await visit(`${path}/${name}`);
      if (found) folder.folders.set(name, found);
    }
    for (const name of linked) links.push({ path: `${path}/${name}`, name, parent: folder });
    return folder;
  };

  const found = await visit(root) ?? { path: root, files: [], folders: new Map() };
  // What has a name of its own is read under it: links come after all else. The list grows.
  for (const { path, name, parent } of links) {
    const folder = seen.has(await Deno.realPath(path)) ? undefined : await visit(path);
    if (folder) parent.folders.set(name, folder);
    else passed.again.push(path);
  }
  return found;
}

/** The files below a folder, in the order of reading: its own, then those of the folders in it. */
export function filesBelow({ path, files, folders }: Folder): string[] {
  return [
    ...files.map((name) => `${path}/${name}`),
    ...[...folders.keys()].sort().flatMap((name) => filesBelow(folders.get(name)!)),
  ];
}

/** The names of the folders directly in `path`, sorted; links to folders are such. */
export async function foldersIn(path: string): Promise<string[]> {
  const { folders, linked } = await list(path);
  return [...folders, ...linked].sort();
}

interface Listing {
  readonly files: string[];
  readonly folders: string[];
  /** Symbolic links to folders. */
  readonly linked: string[];
  readonly special: string[];
  /** Its real path, which is the same by whatever link the folder is reached. */
  readonly identity: string;
}

async function list(path: string): Promise<Listing> {
  try {
    const listing: Listing = {
      files: [],
      folders: [],
      linked: [],
      special: [],
      identity: await Deno.realPath(path),
    };
    for await (const { name, isSymlink, isFile, isDirectory } of Deno.readDir(path)) {
      if (name.startsWith(".")) continue;
      const info = isSymlink ? await follow(`${path}/${name}`) : { isFile, isDirectory };
      if (info.isFile) listing.files.push(name);
      else if (info.isDirectory) listing[isSymlink ? "linked" : "folders"].push(name);
      else listing.special.push(name);
    }
    const { files, folders, linked, special } = listing;
    [files, folders, linked, special].forEach((names) => names.sort());
    return listing;
  } catch (cause) {
    throw new DataError({
      act: `read the image folder ${path}`,
      rule: "it must be a folder that can be listed",
      got: cause,
      next: "Check the path and its permissions.",
      cause,
    });
  }
}

/** What a link leads to. One that leads nowhere counts as a file, which then cannot be read. */
async function follow(path: string): Promise<Pick<Deno.FileInfo, "isFile" | "isDirectory">> {
  return await Deno.stat(path).catch(() => ({ isFile: true, isDirectory: false }));
}
