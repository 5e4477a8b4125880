/**
 * How to get a better device than a software adapter or none: what the person at this machine does.
 *
 * @module
 */

/** The operating systems that advice is for, by their names in Deno. */
export type System = typeof Deno.build.os;

/** Of any other system. */
const OTHER = ["Install the driver of the GPU's vendor; it must have Vulkan."];

const BY_SYSTEM: Readonly<Partial<Record<System, readonly string[]>>> = {
  linux: [
    "Install the Vulkan driver of the GPU's vendor; `vulkaninfo --summary` lists the GPU then.",
    "NVIDIA's is the proprietary driver; of AMD and Intel it is Mesa's " +
    "(`apt install mesa-vulkan-drivers`).",
    "In a container, pass the device through: `--gpus all` with NVIDIA_DRIVER_CAPABILITIES=all, or " +
    "`--device /dev/dri`.",
    "Without a GPU, a newer Mesa is faster; Debian 12 has one in bookworm-backports " +
    "(`apt install -t bookworm-backports mesa-vulkan-drivers`).",
  ],
  darwin: [
    "Update macOS and Deno (`deno upgrade`): every Mac of this decade has a GPU with Metal.",
    "A virtual machine may not show the GPU to its guest.",
  ],
  windows: [
    "Install the newest driver of the GPU's vendor, and update Deno (`deno upgrade`).",
    "A remote desktop or a virtual machine may not show the GPU.",
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
