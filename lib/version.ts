/**
 * The versions of tauplus and of what it stands on.
 *
 * @module
 */
import tfjs from "npm:@tensorflow/tfjs@4.22.0/package.json" with { type: "json" };
import project from "../deno.json" with { type: "json" };

export interface Versions {
  readonly tauplus: string;
  readonly deno: string;
  /** TensorFlow.js. */
  readonly tfjs: string;
}

/** Those of this process. */
export function versions(): Versions {
  return { tauplus: project.version, deno: Deno.version.deno, tfjs: tfjs.version };
}
