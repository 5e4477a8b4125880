/**
 * What a probe found, as its file in a run folder says.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";

const schema = z.object({
  top1: z.number(),
  top5: z.number(),
  perClass: z.record(z.string(), z.number().nullable()),
  confusion: z.array(z.array(z.number().min(0))),
}).refine(({ perClass, confusion }) => {
  const { length } = Object.keys(perClass);
  return confusion.length === length && confusion.every((row) => row.length === length);
});

/** A classifier's result: percents, and counts [true class][predicted class]. */
export type ProbeResult = z.output<typeof schema>;

/** The result of a probe of a run; undefined where it has none that can be read. */
export async function readProbe(folder: string, probe: string): Promise<ProbeResult | undefined> {
  try {
    return schema.parse(JSON.parse(await Deno.readTextFile(join(folder, `${probe}.json`))));
  } catch {
    return undefined; // the page says how to get it
  }
}
