/**
 * The machine and the versions of what runs on it.
 *
 * @module
 */
import { cpus } from "node:os";
import { type Versions, versions } from "../version.ts";
import type { Finding } from "./finding.ts";

/** The oldest Deno that has all that is used: its WebGPU and its `Float16Array`. */
const OLDEST_DENO = [2, 5];
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
export function judgeSystem({ versions: { deno }, memory }: System): Finding[] {
  const findings: Finding[] = [];
  const [major, minor] = deno.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_DENO;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    findings.push({
      level: "error",
      what: `Deno ${deno} is older than ${OLDEST_DENO.join(".")}.`,
      next: ["Run `deno upgrade`, or use the newest one as `npx -y deno task …`."],
    });
  }
  if (memory.available < LEAST_MEMORY) {
    findings.push({
      level: "warning",
      what: `Only ${(memory.available / 1e9).toFixed(1)} GB of memory can be had.`,
      next: ["Close other programs, or train with a smaller --batch_size or --micro_batch."],
    });
  }
  return findings;
}
