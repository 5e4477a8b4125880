/**
 * Facts about an option: whether a resumed run may change it, whether results depend on it, and where
 * it is saved. The facts are in the option's schema, `.meta(facts("training"))`, and every list of
 * options is derived from them.
 *
 * @module
 */
import type { Kind } from "./plugin.ts";

/** The facts of one option. */
export interface Facts {
  /**
   * Where it belongs. `run`: it is part of what was trained, and later commands take it from the run.
   * `command`: it is saved with the run so that the command can be repeated, but later commands have
   * their own. `call`: it belongs to a single call and is not saved.
   */
  readonly of: "run" | "command" | "call";
  /** Whether a resumed run may have another value. `extend`: only one that makes the run longer. */
  readonly resume: "fixed" | "extend" | "free";
  /** Whether the results of a run depend on it. */
  readonly result: boolean;
  /** Whether the results of the untrained encoder and of raw pixels depend on it. */
  readonly baseline: boolean;
  /**
   * What a sweep does with it. `vary`: each value of a list is an arm. `shared`: all runs have the
   * same value. `assigned`: it is given once, and the sweep decides which runs have it. `absent`: a
   * sweep does not take it. `own`: it is an option of the sweep itself.
   */
  readonly sweep: "vary" | "shared" | "assigned" | "absent" | "own";
  /** Whether a report shows it among the first options of a run. */
  readonly overview: boolean;
  /**
   * The upper limit of a number: how many examples to train on the data has, or how many labeled ones.
   * A default above the limit is lowered, and a given value above it is refused.
   */
  readonly bound?: "examples" | "labeled";
  /** Whether the first screen of `--help` shows it. Those with `overview` are shown in any case. */
  readonly front: boolean;
  /** Whether it is a flag of the reference (chingyaoc/DCL, `main.py` or `linear.py`). */
  readonly reference: boolean;
}

/** What an option is about; most of its facts follow from that. */
export type Subject = "input" | "training" | "evaluation" | "machine" | "call" | "sweep";

const none = { baseline: false, overview: false, front: false, reference: false } as const;

const SUBJECTS: Readonly<Record<Subject, Facts>> = {
  // The data, how they come to the encoder, and the encoder before training.
  input: { ...none, of: "run", resume: "fixed", result: true, baseline: true, sweep: "vary" },
  // What makes the trained encoder of the untrained one.
  training: { ...none, of: "run", resume: "fixed", result: true, sweep: "vary" },
  // How frozen features are evaluated.
  evaluation: {
    ...none,
    of: "command",
    resume: "free",
    result: true,
    baseline: true,
    sweep: "vary",
  },
  // Where to compute, and what is logged and saved.
  machine: { ...none, of: "command", resume: "free", result: false, sweep: "shared" },
  // One call of one command.
  call: { ...none, of: "call", resume: "free", result: false, sweep: "absent", front: true },
  // A sweep, not its runs.
  sweep: { ...none, of: "call", resume: "free", result: false, sweep: "own", front: true },
};

/**
 * The facts of an option about `subject`, with those in `others` replaced; for `.meta()`.
 *
 * @example An option that reports show first
 * ```ts
 * import { facts, z } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const { facts: told } = facts("training", { overview: true });
 * assertEquals([told.resume, told.overview], ["fixed", true]);
 *
 * export const options = z.strictObject({
 *   margin: z.number().default(0.2).describe("cosine distance that is free").meta({ facts: told }),
 * });
 * ```
 */
export function facts(
  subject: Subject | Formerly,
  others: Partial<Facts> = {},
): { readonly facts: Facts } {
  return { facts: { ...SUBJECTS[subject === "judging" ? "evaluation" : subject], ...others } };
}

/** @deprecated The name of `evaluation` in plugins that were written before. */
type Formerly = "judging";

/** The facts of `--dataset`, `--encoder`, `--objective` and `--probe`, the choices of plugins. */
export const ROLE_FACTS: Readonly<Record<Kind, Facts>> = {
  dataset: facts("input", { overview: true }).facts,
  encoder: facts("input", { overview: true }).facts,
  objective: facts("training", { overview: true }).facts,
  probe: facts("evaluation", { sweep: "shared" }).facts,
};

/** The facts of a plugin's option, if its schema has none. */
export const UNSTATED: Readonly<Record<Kind, Facts>> = {
  dataset: SUBJECTS.input,
  encoder: SUBJECTS.input,
  objective: SUBJECTS.training,
  probe: SUBJECTS.evaluation,
};

/** The facts of an option without a schema: it is fixed, and results depend on it. */
export const UNKNOWN: Facts = SUBJECTS.input;
