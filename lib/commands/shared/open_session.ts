/**
 * Opening dataset and device for a command.
 *
 * @module
 */
import { chosen, type Roles } from "../../config.ts";
import type { NormalizationOptions } from "../../data/normalization.ts";
import { deviceAdvice } from "../../device/failure.ts";
import type { DeviceName } from "../../device/device.ts";
import { openSession, type Session } from "../../session.ts";
import { colored, printErr } from "../../terminal/print.ts";
import { terminalWidth, wrapped } from "../../terminal/text.ts";
import type { Context } from "../../command_line/command.ts";

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
  /** Among others the normalization. */
  readonly groups: { readonly normalization: NormalizationOptions };
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

/** Under what is said of device and dataset. */
const INDENT = " ".repeat(9);

/** Says which device and dataset are used, and how to get a better device. */
function describe({ device, dataset }: Session, name: string | undefined): void {
  printErr(`device   ${device.name}: ${device.description}`);
  if (device.software) {
    const words = `There is no GPU in use, so the processor computes. ${deviceAdvice()[0]} ` +
      "More: `deno task doctor`.";
    for (const line of indented(words)) printErr(colored("yellow", line));
  }
  if (name === undefined) return;
  const counts = Object.entries(dataset.splits).map(([split, { length }]) =>
    `${length.toLocaleString("en")} ${split}`
  );
  const classes = dataset.classes.length > 0 ? `, ${dataset.classes.length} classes` : "";
  printErr(`dataset  ${name}: ${counts.join(", ")}; ${dataset.shape.join("×")}${classes}`);
  for (const line of (dataset.notes ?? []).flatMap(indented)) printErr(line);
}

function indented(words: string): string[] {
  const columns = terminalWidth(Deno.stderr) - INDENT.length;
  return wrapped(words, columns).map((line) => INDENT + line);
}
