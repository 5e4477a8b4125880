/**
 * How to get a better device than a software adapter or none: what the person at this machine does.
 *
 * @module
 */

/** The operating systems that advice is for, by their names in Deno. */
export type System = typeof Deno.build.os;

/** Of any other system. */
const OTHER = ["Install the graphics driver of the GPU's vendor; it must have Vulkan."];

const BY_SYSTEM: Readonly<Partial<Record<System, readonly string[]>>> = {
  linux: [
    "Install the Vulkan driver of the GPU's vendor (NVIDIA: the proprietary driver; AMD and Intel: " +
    "mesa-vulkan-drivers); `vulkaninfo --summary` lists the GPU where it works.",
    "In a container, pass the device through: `--gpus all` with NVIDIA_DRIVER_CAPABILITIES=all, or " +
    "`--device /dev/dri`.",
    "Without a GPU, a newer Mesa is faster; Debian 12 has one in bookworm-backports " +
    "(`apt install -t bookworm-backports mesa-vulkan-drivers`).",
  ],
  darwin: [
    "Every Mac that macOS 11 or later runs on has a GPU with Metal: update macOS and Deno " +
    "(`deno upgrade`). A virtual machine may not show it.",
  ],
  windows: [
    "Install the newest driver of the GPU's vendor (Direct3D 12 or Vulkan) and update Deno " +
    "(`deno upgrade`). A remote desktop or virtual machine may not show the GPU.",
  ],
};

/**
 * What to do for a better device, a sentence or two each, the likeliest first.
 *
 * @example
 * ```ts
 * import { deviceAdvice } from "./advice.ts";
 *
 * for (const step of deviceAdvice("linux")) console.log(step);
 * ```
 */
export function deviceAdvice(system: System = Deno.build.os): readonly string[] {
  return BY_SYSTEM[system] ?? OTHER;
}
