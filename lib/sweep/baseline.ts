/**
 * Which arm each arm of a sweep is compared with.
 *
 * @module
 */
import { didYouMean } from "../nearest.ts";
import { UsageError } from "../errors.ts";
import type { Arm } from "./arms.ts";

/** Who is compared with whom. */
export interface Baseline {
  /** The objective or the label that was named, or the default. */
  readonly name: string;
  /** The label of each arm's baseline by its own: the same for a baseline, null where none is. */
  readonly of: ReadonlyMap<string, string | null>;
}

/**
 * The baseline of each arm. An objective is that of the others in its setting (the same batch size,
 * and so on); where there is one objective only, or a whole label is named, one arm is that of all.
 *
 * @param named an objective or a label, as the table has it; default the first.
 * @throws UsageError where there is no such arm.
 */
export function chooseBaseline(arms: readonly Arm[], named?: string): Baseline {
  const all = [...new Set(arms.map(({ treatment }) => treatment))];
  const treatments = all.length > 1 ? all : [];
  const labels = arms.map(({ label }) => label);
  const names = [...new Set([...treatments, ...labels])];
  const name = named ?? names[0];
  if (!names.includes(name)) {
    throw new UsageError({
      act: "set --baseline",
      rule: `it must be one of ${names.map((name) => `"${name}"`).join(", ")}`,
      got: name,
      next: didYouMean(name, names, (near) => `"${near}"`) + "Write it as the table names it.",
    });
  }
  const find = (setting: string) =>
    treatments.includes(name)
      ? arms.find((arm) => arm.treatment === name && arm.setting === setting)
      : arms.find((arm) => arm.label === name);
  return { name, of: new Map(arms.map((arm) => [arm.label, find(arm.setting)?.label ?? null])) };
}
