/**
 * What a run came to, in one file: written last, so a run that has it is finished.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";

/** The name of the file. */
export const RESULTS = "results.json";

const scores = z.record(z.string(), z.object({ top1: z.number(), top5: z.number() }));

const schema = z.object({
  device: z.string(),
  trained: scores,
  untrained: scores.optional(),
  pixels: scores.optional(),
});

/**
 * The device that computed, and top-1 and top-5 on the test split in percent by probe: of the
 * trained encoder, and where they were asked for of the encoder before training and of raw pixels.
 */
export type Results = z.output<typeof schema>;

/** The results of a run; undefined where it has none yet. */
export async function readResults(folder: string): Promise<Results | undefined> {
  try {
    return schema.parse(JSON.parse(await Deno.readTextFile(join(folder, RESULTS))));
  } catch {
    return undefined; // to be written again
  }
}
