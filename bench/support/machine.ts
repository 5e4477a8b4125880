/**
 * What a measurement was taken on, in a few lines.
 *
 * @module
 */
import os from "node:os";
import { version_core } from "@tensorflow/tfjs";
import { describeAdapter, findAdapter } from "../../lib/device/webgpu.ts";

/** Where and when numbers are from. */
export interface Machine {
  /** The WebGPU adapter; null where there is none. */
  readonly adapter: string | null;
  /** The driver, where the system's packages name it. */
  readonly driver?: string;
  /** The processor and its cores. */
  readonly processor: string;
  /** Deno and TensorFlow.js. */
  readonly versions: string;
  /** The day, as 2025-01-31. */
  readonly date: string;
}

export async function machine(): Promise<Machine> {
  const adapter = await findAdapter();
  const processors = os.cpus();
  return {
    adapter: adapter && describeAdapter(adapter).description,
    driver: await mesaVersion(),
    processor: `${processors[0]?.model ?? "unknown processor"}, ${processors.length} cores`,
    versions: `Deno ${Deno.version.deno}, TensorFlow.js ${version_core}`,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** The lines above a table. */
export function machineLines({ adapter, driver, processor, versions, date }: Machine): string {
  const gpu = adapter ?? "no WebGPU adapter";
  return [driver ? `${gpu}; ${driver}` : gpu, processor, `${versions}; ${date}`].join("\n");
}

/** Mesa's version on Debian; WebGPU does not report it. */
async function mesaVersion(): Promise<string | undefined> {
  try {
    const query = new Deno.Command("dpkg-query", {
      args: ["--show", "--showformat=Mesa ${Version}", "mesa-vulkan-drivers"],
      stderr: "null",
    });
    const { success, stdout } = await query.output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined; // not Debian
  }
}
