/**
 * What a good objective holds.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { Objective, ObjectiveInput } from "../plugin.ts";
import { diagnose } from "../train/log_record.ts";
import { objectiveLoss } from "../train/objective_loss.ts";
import { type Check, type CheckResult, fail, info, kept, pass, verdict } from "./check.ts";
import { checkGradient } from "./finite_differences.ts";
import { lossAndGradient, lossOf, toInput } from "./objective_input.ts";
import {
  BATCH,
  DIM,
  extremeViews,
  labelsOf,
  type TestedObjective,
  viewsOf,
} from "./objective_input.ts";
import { speedText, timeWorks } from "./check.ts";
import { trainTiny } from "./tiny_training.ts";

/** Of a loss of another order, as float32 sums differ. */
const ORDER_TOLERANCE = 2e-5;
const LOW_TEMPERATURE = 0.01;
const SPEED_BATCH = 256;

async function finite(
  { device }: TestedObjective,
  objective: Objective,
  views: number[][][],
): Promise<boolean> {
  const { value, gradient } = await lossAndGradient(
    device,
    objective,
    views,
    labelsOf(views[0].length),
  );
  return Number.isFinite(value) && gradient.flat().every(Number.isFinite);
}

async function sameTwice({ device, objective }: TestedObjective): Promise<CheckResult> {
  const views = viewsOf(objective);
  const [a, b] = [
    await lossOf(device, objective, views, labelsOf(BATCH)),
    await lossOf(device, objective, views, labelsOf(BATCH)),
  ];
  return verdict(a === b, `${a.toPrecision(6)} twice`, `${a}, then ${b} on the same embeddings`);
}

async function batches(tested: TestedObjective): Promise<CheckResult> {
  const { objective } = tested;
  for (const batch of [2, 5, 16]) {
    if (!await finite(tested, objective, viewsOf(objective, batch))) {
      return fail(`loss or gradient of ${batch} examples is not finite`);
    }
  }
  return pass("finite for 2, 5 and 16 examples");
}

async function extremes(tested: TestedObjective): Promise<CheckResult> {
  const { objective } = tested;
  const holds = await finite(tested, objective, extremeViews(objective));
  return verdict(holds, "finite", "loss or gradient is not finite");
}

async function lowTemperature(tested: TestedObjective): Promise<CheckResult> {
  const objective = await tested.atTemperature(LOW_TEMPERATURE);
  if (typeof objective === "string") return info(objective);
  for (const views of [viewsOf(objective), extremeViews(objective)]) {
    if (!await finite(tested, objective, views)) {
      return fail(`loss or gradient is not finite at ${LOW_TEMPERATURE}`);
    }
  }
  return pass(`finite at ${LOW_TEMPERATURE}`);
}

/** Whether the loss stays as it is in another order, for `symmetry`. */
function order(
  what: "batch" | "views",
  reorder: <T>(rows: readonly T[]) => T[],
): (tested: TestedObjective) => Promise<CheckResult> {
  return async ({ device, objective }) => {
    const claimed = objective.symmetry?.includes(what) ?? false;
    const views = viewsOf(objective);
    const labels = labelsOf(BATCH);
    const expected = await lossOf(device, objective, views, labels);
    const loss = what === "views"
      ? await lossOf(device, objective, reorder(views), labels)
      : await lossOf(device, objective, views.map(reorder), reorder(labels));
    const off = Math.abs(loss - expected);
    const same = off <= ORDER_TOLERANCE * Math.max(1, Math.abs(expected));
    if (!claimed) return info(`${same ? "no matter" : "matters"}; not claimed`);
    return verdict(
      same,
      "no matter",
      `it is claimed, and the loss differs by ${off.toPrecision(2)}`,
    );
  };
}

async function diagnostics({ device, objective }: TestedObjective): Promise<CheckResult> {
  const scalars = diagnose(
    objective,
    toInput(device, viewsOf(objective), labelsOf(BATCH)),
  );
  const names = Object.keys(scalars);
  if (names.length === 0) return info("none");
  const values = await Promise.all(
    Object.values(scalars).map(async (scalar) => {
      const [value] = await scalar.data();
      scalar.dispose();
      return value;
    }),
  );
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  return verdict(wrong < 0, names.join(", "), `${names[wrong]} is ${values[wrong]}`);
}

/** A step as training takes it; nothing of it is kept. */
function step(tested: TestedObjective, input: ObjectiveInput): void {
  const { device: { tf }, objective } = tested;
  const loss = (...views: tf.Tensor[]) =>
    objectiveLoss(objective, { ...input, views: views.map((view) => view.as2D(BATCH, DIM)) });
  const { value, grads } = tf.valueAndGrads(loss)([...input.views]);
  objective.afterStep?.(input);
  tf.dispose([value, grads, diagnose(objective, input)]);
}

async function leaks(tested: TestedObjective): Promise<CheckResult> {
  const { device, objective } = tested;
  const input = toInput(device, viewsOf(objective), labelsOf(BATCH));
  // State may be made in the first step.
  step(tested, input);
  const steps = 3;
  const more = await kept(device, () => {
    for (let i = 0; i < steps; i++) step(tested, input);
  });
  return verdict(more === 0, "none", `${more} tensors more after ${steps} steps`);
}

async function speed({ device, name, objective, others }: TestedObjective): Promise<CheckResult> {
  const { tf } = device;
  const works = Object.entries({ [name]: objective, ...others }).map(([name, objective]) => {
    const { views, labels } = toInput(
      device,
      viewsOf(objective, SPEED_BATCH),
      labelsOf(SPEED_BATCH),
    );
    const loss = (...moved: tf.Tensor[]) =>
      objective.loss({ views: moved.map((view) => view.as2D(SPEED_BATCH, DIM)), labels });
    return [name, () => tf.valueAndGrads(loss)([...views]).grads] as const;
  });
  return info(speedText(await timeWorks(device, Object.fromEntries(works))));
}

/** The checks, in the order of the table. */
export const OBJECTIVE_CHECKS: readonly Check<TestedObjective>[] = [
  {
    name: "gradient",
    advice: "Build the loss of tf's operations; a customGrad's gradFunc must be its derivative, " +
      "with dy multiplied in.",
    run: checkGradient,
  },
  {
    name: "same loss twice",
    advice: "Draw no random numbers in the loss, and change state in afterStep only.",
    run: sameTwice,
  },
  {
    name: "batch sizes",
    advice: "Take the batch size from views[0].shape[0], and look for a division by 0 in it.",
    run: batches,
  },
  {
    name: "equal and opposite rows",
    advice: "Look for √0, ln 0 or 0/0: add a small number under the root, or take a maximum first.",
    run: extremes,
  },
  {
    name: "low temperature",
    advice: "e^(1/t) overflows float32 below t ≈ 0.0113: sum by tf.logSumExp, and multiply " +
      "probabilities as sums of logarithms.",
    run: lowTemperature,
  },
  {
    name: "order of the batch",
    advice: 'Correct the loss, or leave "batch" out of its symmetry.',
    run: order("batch", (rows) => [...rows.slice(3), ...rows.slice(0, 3)].reverse()),
  },
  {
    name: "order of the views",
    advice: 'Average over both orders, or leave "views" out of its symmetry.',
    run: order("views", (views) => views.toReversed()),
  },
  {
    name: "diagnostics",
    advice: "Give finite scalars, by name: reduce them with mean() or sum().",
    run: diagnostics,
  },
  {
    name: "leaked tensors",
    advice: "Keep state in variables and write to it with assign(); wrap the rest in tf.tidy().",
    run: leaks,
  },
  {
    name: "speed, 2 × 256 × 128",
    advice: "",
    run: speed,
  },
  {
    name: "training",
    advice: "See the message: `--verbose` of a training with it shows where.",
    run: (tested) => trainTiny(tested, { objective: tested.objective }),
  },
];
