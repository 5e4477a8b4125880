/**
 * All checks, which cover every kernel of tauplus.
 *
 * @module
 */
import { checks as convolution } from "./checks/convolution.ts";
import { checks as copies } from "./checks/copies.ts";
import { checks as evaluation } from "./checks/evaluation.ts";
import { checks as layers } from "./checks/layers.ts";
import { checks as objectives } from "./checks/objectives.ts";
import { checks as products } from "./checks/products.ts";
import { checks as training } from "./checks/training.ts";
import type { Device } from "../device/device.ts";
import type { KernelCheck } from "./kernel_check.ts";

/** Each kernel of tauplus is in one of them, which a test ensures. */
export const CHECKS: readonly KernelCheck[] = [
  ...convolution,
  ...products,
  ...layers,
  ...copies,
  ...objectives,
  ...training,
  ...evaluation,
];

export function checksOf(device: Pick<Device, "name" | "setMixed">): KernelCheck[] {
  return CHECKS.filter(({ kernels, mixed }) =>
    kernels[device.name] !== undefined && (!mixed || device.setMixed !== undefined)
  );
}
