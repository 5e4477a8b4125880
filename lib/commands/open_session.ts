/**
 * Opening dataset and device for a command.
 *
 * @module
 */
import { chosen, type Roles } from "../config.ts";
import type { DeviceName } from "../device/device.ts";
import { openSession, type Session } from "../session.ts";
import { note } from "../terminal/say.ts";
import type { Context } from "./command.ts";

/** The options of a command that say on what it works. */
export interface SessionConfig {
  /** Device, whether it is tuned, and seed. */
  readonly options: {
    readonly device: DeviceName | "auto";
    readonly tune: "on" | "off";
    readonly seed: number;
  };
  /** The dataset, and plugins that are made later. */
  readonly roles: Roles;
  /** Among others the normalisation. */
  readonly groups: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Opens the dataset and the device of a command, shows progress, and says what they are; not the
 * dataset where it only stands in for one that nobody named.
 */
export async function openDescribed(
  { options: { device, tune, seed }, roles, groups }: SessionConfig,
  { signal, bar }: Pick<Context, "signal" | "bar">,
  standsIn = false,
): Promise<Session> {
  const { plugin, options } = chosen(roles, "dataset");
  const session = await openSession({
    dataset: plugin,
    datasetOptions: options,
    normalization: groups.normalization,
    device,
    tune: tune === "on",
    seed,
    progress: (progress) => bar.show(progress),
    signal,
  });
  bar.end();
  describe(session, standsIn ? undefined : plugin.name);
  return session;
}

/** Says which device and dataset are used, and how to get a better device. */
function describe({ device, dataset }: Session, name: string | undefined): void {
  note(`device   ${device.name}: ${device.description}`);
  if (device.software) {
    note(
      "         There is no GPU in use; one with a Vulkan, Metal or Direct3D 12 driver is faster.",
    );
  }
  if (name === undefined) return;
  const counts = Object.entries(dataset.splits).map(([split, { length }]) =>
    `${length.toLocaleString("en")} ${split}`
  );
  const classes = dataset.classes.length > 0 ? `, ${dataset.classes.length} classes` : "";
  note(`dataset  ${name}: ${counts.join(", ")}; ${dataset.shape.join("×")}${classes}`);
}
