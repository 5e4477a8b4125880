/**
 * The options of every dataset that is downloaded.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../facts.ts";

/** To be spread into the options of a dataset with a `source`. */
export const sourceOptions: {
  readonly dataDir: z.ZodDefault<z.ZodString>;
  readonly mirror: z.ZodDefault<z.ZodString>;
} = {
  dataDir: z.string().default("")
    .describe("folder of the dataset's files, as placed by hand; empty: one in the cache")
    .meta({ ...facts("input", { resume: "free" }), path: true, format: "directory-path" }),
  mirror: z.string()
    .refine((url) => url === "" || /^https?:\/\/./.test(url), "it must be an http or https address")
    .default("").describe("address of a folder to download the files from; empty: their publisher")
    .meta(facts("input", { resume: "free" })),
};
