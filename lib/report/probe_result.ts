/**
 * What a probe found, as its file in a run folder says.
 *
 * @module
 */
import { join } from "node:path";
import { type ClassifierResult, classifierResult } from "../evaluate/classifier_result.ts";

/** The result of a probe of a run; undefined where it has none that can be read. */
export async function readProbe(
  folder: string,
  probe: string,
): Promise<ClassifierResult | undefined> {
  try {
    return classifierResult(JSON.parse(await Deno.readTextFile(join(folder, `${probe}.json`))));
  } catch {
    return undefined; // the page says how to get it
  }
}
