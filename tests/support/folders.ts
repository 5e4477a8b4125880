/** Folders for a test. */

/** Runs `act` in a folder of its own, which is deleted afterwards. */
export async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All files below `folder`, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) found.push(name);
    else for (const file of await filesBelow(`${folder}/${name}`)) found.push(`${name}/${file}`);
  }
  return found.sort();
}
