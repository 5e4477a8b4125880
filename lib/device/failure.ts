/**
 * Recognizes failures of the device by the texts of their errors, and gives advice on how to get a GPU
 * to work.
 *
 * @module
 */
import { DeviceError } from "../errors.ts";

/** Texts of errors about memory. The wasm backend aborts without a reason when its 4 GiB are full. */
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

/** The texts of errors of wgpu after a device was lost. */
const LOST = /\blabel is invalid\b|device (was |is )?(lost|destroyed)/i;

/** The DeviceError that `cause` is about, if it is about memory or a lost device. */
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

/** An operating system, by its name in Deno. */
type System = typeof Deno.build.os;

/** The advice for any other system. */
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
 * What to try to get a better device, one or two sentences each, the most likely to help first.
 *
 * @example
 * ```ts
 * import { deviceAdvice } from "./failure.ts";
 *
 * for (const step of deviceAdvice("linux")) console.log(step);
 * ```
 */
export function deviceAdvice(system: System = Deno.build.os): readonly string[] {
  return BY_SYSTEM[system] ?? OTHER;
}
