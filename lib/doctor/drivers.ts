/**
 * The graphics drivers that are installed, where the system lists them: Vulkan's on Linux.
 *
 * @module
 */
import { basename, join } from "node:path";
import { z } from "zod";

/** A driver. */
export interface Driver {
  /** The manifest that names it, as `radeon_icd.json`. */
  readonly name: string;
  /** The version of Vulkan that it has. */
  readonly vulkan: string;
}

/** Where Vulkan's loader looks, the two variables aside; see its LoaderDriverInterface.md. */
const FOLDERS = [
  "/etc/vulkan/icd.d",
  "/usr/local/etc/vulkan/icd.d",
  "/usr/local/share/vulkan/icd.d",
  "/usr/share/vulkan/icd.d",
];
const VARIABLES = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];

const Manifest = z.object({ ICD: z.object({ api_version: z.string() }) });

/** The drivers by name; undefined on systems other than Linux. */
export async function findDrivers(): Promise<Driver[] | undefined> {
  if (Deno.build.os !== "linux") return;
  const named = VARIABLES.map((name) => Deno.env.get(name)).find((value) => value);
  const paths = named ? named.split(":") : (await Promise.all(FOLDERS.map(manifests))).flat();
  const drivers: Driver[] = [];
  for (const path of paths) {
    const text = await Deno.readTextFile(path).catch(() => "null");
    const manifest = Manifest.safeParse(parsed(text));
    if (manifest.success) {
      drivers.push({ name: basename(path), vulkan: manifest.data.ICD.api_version });
    }
  }
  return drivers.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function manifests(folder: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(".json")) found.push(join(folder, name));
    }
  } catch {
    // Not every system has every folder.
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
