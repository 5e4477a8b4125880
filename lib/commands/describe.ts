/**
 * What a person is told before a long act begins.
 *
 * @module
 */
import type { Chosen, Roles } from "../config.ts";
import type { Kind } from "../plugin.ts";
import type { Session } from "../session.ts";
import { note } from "../terminal/say.ts";

/** Says which device and dataset are used, and how to get a better device. */
export function describeSession({ device, dataset }: Session, name: string): void {
  note(`device   ${device.name}: ${device.description}`);
  if (device.software) {
    note(
      "         There is no GPU in use; one with a Vulkan, Metal or Direct3D 12 driver is faster.",
    );
  }
  const counts = Object.entries(dataset.splits).map(([split, { length }]) =>
    `${length.toLocaleString("en")} ${split}`
  );
  const classes = dataset.classes.length > 0 ? `, ${dataset.classes.length} classes` : "";
  note(`dataset  ${name}: ${counts.join(", ")}; ${dataset.shape.join("×")}${classes}`);
}

/** The plugin of a role that the command's spec asks for, so that it is there. */
export function chosen<K extends Kind>(roles: Roles, kind: K): Chosen<K> {
  const role: Chosen<K> | undefined = roles[kind];
  if (role === undefined) throw new TypeError(`The command has no ${kind}`);
  return role;
}
