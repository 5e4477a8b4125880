/**
 * Measurements that are remembered between runs, as JSON in the cache folder.
 *
 * @module
 */
import { dirname } from "node:path";
import type { z } from "zod";
import { jsonText, readText, writeAtomic } from "./files.ts";

/** Measurements by what they depend on. */
export type Measurements<T> = Record<string, T>;

/** What the file remembers: nothing if it is missing, unreadable or of another form. */
export async function recall<T>(
  file: string | undefined,
  schema: z.ZodType<Measurements<T>>,
): Promise<Measurements<T>> {
  if (file === undefined) return {};
  try {
    return schema.parse(JSON.parse(await readText(file)));
  } catch {
    return {};
  }
}

/** Remembers if it can: a file that cannot be written costs only the measurements. */
export async function remember<T>(
  file: string | undefined,
  measurements: Measurements<T>,
): Promise<void> {
  if (file === undefined) return;
  try {
    await Deno.mkdir(dirname(file), { recursive: true });
    await writeAtomic(file, jsonText(measurements));
  } catch {
    return;
  }
}
