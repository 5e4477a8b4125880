/**
 * All checks, which cover every kernel of tauplus.
 *
 * @module
 */
import { lossChecks, probeChecks } from "./checks/embeddings.ts";
import { layerChecks } from "./checks/layers.ts";
import { convolutionChecks, copyChecks, productChecks } from "./checks/operations.ts";
import { trainingChecks } from "./checks/training.ts";
import type { Device } from "../device/device.ts";
import type { KernelCheck } from "./kernel_check.ts";

/** Each kernel of tauplus is in one of them, which a test ensures. */
export const CHECKS: readonly KernelCheck[] = [
  ...convolutionChecks,
  ...productChecks,
  ...layerChecks,
  ...copyChecks,
  ...lossChecks,
  ...trainingChecks,
  ...probeChecks,
];

export function checksOf(device: Pick<Device, "name" | "setMixed">): KernelCheck[] {
  return CHECKS.filter(({ kernels, mixed }) =>
    kernels[device.name] !== undefined && (!mixed || device.setMixed !== undefined)
  );
}
