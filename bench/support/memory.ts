/**
 * How much memory work takes on a device, on top of what was there.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { finish, webgpuBackend } from "../../lib/kernels/webgpu/program.ts";

/** The most bytes of buffers that were in use at one time, beyond those before; current backend. */
export async function extraBytes(
  work: () => tf.TensorContainer | void | Promise<void>,
): Promise<number> {
  const backend = webgpuBackend(tf.backend());
  await finish(backend);
  const manager = backend.bufferManager;
  const before: number = manager.numBytesUsed;
  let peak = before;
  const acquire = manager.acquireBuffer;
  manager.acquireBuffer = (...args: Parameters<typeof acquire>) => {
    const buffer = acquire.apply(manager, args);
    peak = Math.max(peak, manager.numBytesUsed);
    return buffer;
  };
  try {
    const result = await work();
    await finish(backend);
    if (result) tf.dispose(result);
  } finally {
    manager.acquireBuffer = acquire;
  }
  return peak - before;
}
