/**
 * The machine and the versions of what runs on it.
 *
 * @module
 */
import { cpus } from "node:os";
import { type Versions, versions } from "../version.ts";
import type { Finding } from "./finding.ts";

/** Below this the quickstart does not fit beside the system. */
const LEAST_MEMORY = 2e9;

/** The machine. */
export interface System {
  /** Of tauplus, Deno, TensorFlow.js. */
  readonly versions: Versions & { readonly v8: string; readonly typescript: string };
  /** The operating system with its release, and the architecture, as `linux 6.1.0, x86_64`. */
  readonly os: string;
  /** The model of the processor. */
  readonly processor: string;
  /** Its cores. */
  readonly cores: number;
  /** Bytes of memory, and those that can be had. */
  readonly memory: { readonly total: number; readonly available: number };
}

/** Describes this machine. */
export function describeSystem(): System {
  const { total, available } = Deno.systemMemoryInfo();
  const { v8, typescript } = Deno.version;
  const processors = cpus();
  return {
    versions: { ...versions(), v8, typescript },
    os: `${Deno.build.os} ${Deno.osRelease()}, ${Deno.build.arch}`,
    processor: processors[0]?.model.trim() ?? "unknown processor",
    cores: processors.length,
    memory: { total, available },
  };
}

/** What is wanting. */
export function judgeSystem({ memory }: Pick<System, "memory">): Finding[] {
  if (memory.available >= LEAST_MEMORY) return [];
  return [{
    level: "warning",
    about: "memory",
    what: `Only ${(memory.available / 1e9).toFixed(1)} GB of memory can be had.`,
    next: ["Close other programs, or train with a smaller --batch_size or --micro_batch."],
  }];
}
