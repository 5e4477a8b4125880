/**
 * Finds the checkpoint from which a run resumes: the newest undamaged one, which must fit the data and
 * the options.
 *
 * @module
 */
import { z } from "zod";
import { DataError, UsageError } from "../errors.ts";
import type { Dataset } from "../plugin.ts";
import { readMetrics } from "../run/metrics.ts";
import type { RunFolder } from "../run/run_folder.ts";
import { type Checkpoint, newestWhole, readCheckpoint } from "./checkpoint.ts";
import { changedData, dataIdentity, readIdentity } from "./data_identity.ts";
import type { TrainOptions } from "./options.ts";
import { learningRateAt, type Ramp, type ScheduleOptions } from "./schedule.ts";

/** The metadata that determines the order of the examples. */
const ORDER = ["seed", "batchSize"] as const;

export interface ResumeParts {
  readonly run: RunFolder;
  /** Its data now. */
  readonly dataset: Dataset;
  readonly options: TrainOptions;
  /** Further options that the result depends on, by name. */
  readonly fixed: Readonly<Record<string, unknown>>;
  /** Steps in an epoch of the data now. */
  readonly stepsPerEpoch: number;
}

/** The point at which a run resumes. */
export interface Resumption {
  /** The checkpoint and its path; absent if there is none. */
  readonly from?: Checkpoint & { readonly path: string };
  /** The paths of newer checkpoints that are damaged. */
  readonly damaged: readonly string[];
  /** How the run comes to a changed learning rate over several steps; else absent. */
  readonly ramp?: Ramp;
  /** Notices for the user, a sentence each. */
  readonly notices: readonly string[];
  /** Metadata of every later checkpoint, for the same checks at the next resume. */
  readonly kept: Readonly<Record<string, string>>;
}

const fixedOptions = z.record(z.string(), z.unknown());

const savedSchedule = z.object({
  learningRate: z.number(),
  schedule: z.enum(["constant", "cosine"]),
  warmupEpochs: z.number(),
  epochs: z.number(),
  ramp: z.object({ step: z.number(), rate: z.number(), steps: z.number() }).optional(),
});

/**
 * Finds where a run resumes, and changes nothing. Throws a UsageError if options that determine the
 * result differ, or if the run would be shorter than it already is. Throws a DataError if the data
 * differ, or if every checkpoint is damaged.
 */
export async function resumption(
  { run, dataset, options, fixed, stepsPerEpoch }: ResumeParts,
): Promise<Resumption> {
  const data = await dataIdentity(dataset);
  const kept: Record<string, string> = {
    data: JSON.stringify(data),
    options: JSON.stringify(fixed),
  };
  for (const name of ORDER) kept[name] = String(options[name]);
  const schedule = pick(options);
  const { whole: from, damaged } = await newestWhole(run.path, readCheckpoint);
  if (!from) return { damaged, notices: [], kept: { ...kept, schedule: JSON.stringify(schedule) } };
  const notices = damaged.map((path) =>
    `${path} is damaged and set aside: the run goes on from ${from.path}, and its log is cut back ` +
    "to there."
  );
  await readMetrics(run.path, (words) => notices.push(words));
  const { counters, metadata } = from;
  const refuse = (name: string, was: unknown, is: unknown) =>
    new UsageError({
      act: `resume ${run.path}`,
      rule: `${name} must stay ${was}`,
      got: is,
      next: `Set it back, on the command line or in the run's config.json, or start a new run.`,
    });
  for (const name of ORDER) {
    if (metadata[name] !== kept[name]) throw refuse(name, metadata[name], options[name]);
  }
  const before = fixedOptions.parse(JSON.parse(metadata.options ?? "{}"));
  for (const [name, was] of Object.entries(before)) {
    if (!Object.hasOwn(fixed, name)) continue;
    const [a, b] = [was, fixed[name]].map((value) => JSON.stringify(value));
    if (a !== b) throw refuse(name, a, fixed[name]);
  }
  const known = readIdentity(metadata.data);
  const change = known && changedData(known, data);
  const { epoch, stepInEpoch, step } = counters;
  const steps = epoch > 0 ? (step - stepInEpoch) / epoch : stepsPerEpoch;
  if (change !== undefined || steps !== stepsPerEpoch || stepInEpoch > stepsPerEpoch) {
    throw new DataError({
      act: `resume ${run.path}`,
      rule: "the data must be the same as when the run began",
      got: change ?? `${stepsPerEpoch} steps in an epoch in place of ${steps}`,
      next: "Restore the data, or name the folder where they are now; otherwise start a new run.",
    });
  }
  if (!known) {
    notices.push(
      `${from.path} is of an older version and does not say on which data it was trained: that ` +
        "they are still the same is not checked.",
    );
  }
  const total = Math.min(options.epochs * stepsPerEpoch, options.maxSteps || Infinity);
  if (step > total) {
    const byEpochs = options.epochs * stepsPerEpoch === total;
    throw new UsageError({
      act: `resume ${run.path} with ${
        byEpochs ? `--epochs=${options.epochs}` : `--max_steps=${options.maxSteps}`
      }`,
      rule: byEpochs
        ? `it has done ${epoch} epochs${stepInEpoch > 0 ? " and a part of the next" : ""} already`
        : `it has done ${step} steps already`,
      next: "Leave the option out, give more, or start a new run.",
    });
  }
  const joined = joinSchedule(metadata.schedule, { schedule, options, step, total, stepsPerEpoch });
  if (joined.notice !== undefined) notices.push(joined.notice);
  const { ramp } = joined;
  return {
    from,
    damaged,
    ramp,
    notices,
    kept: { ...kept, schedule: JSON.stringify({ ...schedule, ramp }) },
  };
}

interface Joining {
  readonly schedule: ScheduleOptions;
  readonly options: TrainOptions;
  readonly step: number;
  readonly total: number;
  readonly stepsPerEpoch: number;
}

/**
 * How the learning rate continues after a checkpoint that was made under the schedule in `text`:
 * unchanged if the schedule is the same, else with a notice of the jump, or with a ramp across it.
 */
function joinSchedule(
  text: string | undefined,
  { schedule, options, step, total, stepsPerEpoch }: Joining,
): { readonly ramp?: Ramp; readonly notice?: string } {
  if (text === undefined) return {};
  const { ramp, ...old } = savedSchedule.parse(JSON.parse(text));
  if (JSON.stringify(pick(old)) === JSON.stringify(schedule)) return { ramp };
  const last = learningRateAt(step - 1, stepsPerEpoch, old, ramp);
  const due = learningRateAt(step, stepsPerEpoch, old, ramp);
  const rate = learningRateAt(step, stepsPerEpoch, schedule);
  if (step >= total || Math.abs(rate - due) <= 0.01 * Math.max(rate, due)) return {};
  const [a, b] = [last, rate].map((rate) => rate.toPrecision(3));
  const steps = Math.round(options.rewarmEpochs * stepsPerEpoch);
  if (steps > 0) {
    return {
      ramp: { step, rate: last, steps },
      notice: `The learning rate goes from ${a} to that of its new schedule, here ${b}, over the ` +
        `next ${steps} steps.`,
    };
  }
  const why = old.epochs === schedule.epochs
    ? "its options were changed"
    : `its schedule is over ${schedule.epochs} epochs now, and was over ${old.epochs} so far`;
  return {
    notice: `The learning rate leaps from ${a} to ${b} here: ${why}. To go there without a leap, ` +
      "over one epoch, stop and resume with --rewarm_epochs=1 as well.",
  };
}

function pick({ learningRate, schedule, warmupEpochs, epochs }: ScheduleOptions): ScheduleOptions {
  return { learningRate, schedule, warmupEpochs, epochs };
}
