/**
 * What the doctor found wanting.
 *
 * @module
 */

/** Something that is off, or could be better. */
export interface Finding {
  /** `error`: training would fail or be wrong. `warning`: it would work, but could be better. */
  readonly level: "error" | "warning";
  /** What it is about: a part of the machine, a device, a folder or a dataset, by its name. */
  readonly about: string;
  /** What it is, a sentence. */
  readonly what: string;
  /** What to do, a sentence or two each. */
  readonly next: readonly string[];
}
