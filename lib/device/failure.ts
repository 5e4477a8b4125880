/**
 * Failures of the device, whatever words they come in.
 *
 * @module
 */
import { DeviceError } from "../errors.ts";

/** The wasm backend's code aborts without a word where its 4 GiB are spent. */
const OUT_OF_MEMORY =
  /out of memory|\boom\b|allocation failed|cannot enlarge memory|memory access out of bounds|aborted\(\)/i;

const REMEDY = "Set --micro_batch=32 or less: the same gradient in pieces, with less memory.";

/** The DeviceError that `cause` is about, if it is about memory. */
export function outOfMemory(cause: unknown): DeviceError | undefined {
  if (cause instanceof DeviceError && cause.message.includes(REMEDY)) return cause;
  if (!(cause instanceof Error) || !OUT_OF_MEMORY.test(`${cause.name} ${cause.message}`)) return;
  return new DeviceError({
    act: "train",
    rule: "a batch must fit into the device's memory",
    got: cause,
    next: REMEDY,
    cause,
  });
}

/** The text of the error that wgpu gives whenever a lost device is used. */
const LOST = /\blabel is invalid\b|device (was |is )?(lost|destroyed)/i;

/** The DeviceError that `cause` is about: of memory, or of a device that was lost. */
export function deviceFailure(cause: unknown): DeviceError | undefined {
  const memory = outOfMemory(cause);
  if (memory || cause instanceof DeviceError) return memory;
  if (!(cause instanceof Error) || !LOST.test(cause.message)) return;
  return new DeviceError({
    act: "continue on the device",
    rule: "it must not be lost while in use, as by a reset or an update of its driver",
    got: cause,
    next: "Run the command again, or choose --device=wasm.",
    cause,
  });
}
