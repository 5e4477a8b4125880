/**
 * Errors of plugins, laid at the plugin's door; and the one error whose remedy is another option.
 *
 * @module
 */
import { DeviceError, Interrupted, PluginError, TauplusError } from "../errors.ts";
import type { Kind } from "../plugin.ts";

/** The wasm backend's code aborts without a word where its 4 GiB are spent. */
const OUT_OF_MEMORY =
  /out of memory|\boom\b|allocation failed|cannot enlarge memory|memory access out of bounds|aborted\(\)/i;

const REMEDY = "Set --micro_batch=32 or less: the same gradient in pieces, with less memory.";

/**
 * Calls into a plugin. What it throws becomes a PluginError with its name; errors of tauplus pass,
 * and a lack of memory becomes a DeviceError.
 */
export function blame<T>(kind: Kind, name: string | undefined, act: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof TauplusError || cause instanceof Interrupted) throw cause;
    throw outOfMemory(cause) ?? new PluginError({
      act: `use the ${kind}${name === undefined ? "" : ` ${name}`}`,
      rule: `it must ${act} without an error`,
      got: cause,
      next: "Run with --verbose to see where it failed.",
      cause,
    });
  }
}

/** {@linkcode blame} for what may give a promise. */
export async function blameAsync<T>(
  kind: Kind,
  name: string | undefined,
  act: string,
  call: () => T | Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    return blame(kind, name, act, () => {
      throw cause;
    });
  }
}

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
