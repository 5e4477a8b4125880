/**
 * Whether a device can train in the precision that is asked for.
 *
 * @module
 */
import type { Device } from "../device/device.ts";
import { UsageError } from "../errors.ts";
import type { TrainOptions } from "./options.ts";

/**
 * What switches the device to mixed precision; undefined for float32.
 *
 * @throws {UsageError} where the device has no float16
 */
export function mixedSwitch(
  { name, description, setMixed }: Device,
  precision: TrainOptions["precision"],
): Device["setMixed"] {
  if (precision === "float32") return undefined;
  if (setMixed) return setMixed;
  throw new UsageError({
    act: `train with --precision=${precision}`,
    rule: "the device must be a WebGPU adapter with shader-f16",
    got: `${name}: ${description}`,
    next: "Use --precision=float32, or another --device.",
  });
}
