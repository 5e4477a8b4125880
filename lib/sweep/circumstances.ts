/**
 * Where, when and by which command numbers were made.
 *
 * @module
 */
import { cpus } from "node:os";
import { version_core } from "@tensorflow/tfjs";
import project from "../../deno.json" with { type: "json" };
import { shellWord } from "../terminal/shell_word.ts";

/** What a reader needs to make them again. */
export interface Circumstances {
  /** The command line. */
  readonly command: string;
  /** The day, as 2025-01-31. */
  readonly date: string;
  /** Of tauplus and what computes under it. */
  readonly versions: string;
  /** The processor and its cores. */
  readonly processor: string;
}

/** Those of this process. */
export function circumstances(): Circumstances {
  const processors = cpus();
  return {
    command: ["deno", "task", ...Deno.args.map(shellWord)].join(" "),
    date: new Date().toISOString().slice(0, 10),
    versions:
      `tauplus ${project.version}, Deno ${Deno.version.deno}, TensorFlow.js ${version_core}`,
    processor: `${processors[0]?.model ?? "unknown processor"}, ${processors.length} cores`,
  };
}
