/**
 * Lets go of bind groups in time.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Bind groups a device makes between two collections: a software adapter takes seconds for as many,
 * and a collection 0.1 to 0.2.
 */
export const MOST_BIND_GROUPS = 8192;

/**
 * Collects JavaScript's garbage each time that a device has made {@linkcode MOST_BIND_GROUPS}.
 *
 * WebGPU has no call that frees a bind group: it goes with its JavaScript object, and those are too
 * small to make the engine collect them soon. Mesa's software adapter maps a page of memory for each
 * and does not look whether it got one: where the system refuses (Linux: beyond 65,530 mappings in a
 * process), the process dies by a segmentation fault.
 */
export function collectBindGroups(gpu: GPUDevice): void {
  const collect = garbageCollector();
  if (!collect) return;
  const create = gpu.createBindGroup;
  let made = 0;
  gpu.createBindGroup = (descriptor) => {
    if (++made % MOST_BIND_GROUPS === 0) collect();
    return create.call(gpu, descriptor);
  };
}

/**
 * V8 exposes `gc` to contexts that are created while its flag is set. Older versions of Deno cannot
 * set it (2.8.0 cannot, 2.8.3 can): there V8 collects when it decides to, after some 40,000 groups.
 */
function garbageCollector(): (() => void) | undefined {
  setFlagsFromString("--expose-gc");
  try {
    return runInNewContext("globalThis.gc");
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}
