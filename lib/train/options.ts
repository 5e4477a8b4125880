/**
 * The options of training; names and defaults are the reference's (chingyaoc/DCL `main.py`) where
 * it has them.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../facts.ts";

/** The schema of the training options; its type is written out, as a package has to. */
export const trainOptions: z.ZodObject<{
  seed: z.ZodDefault<z.ZodInt>;
  featureDim: z.ZodDefault<z.ZodInt>;
  batchSize: z.ZodDefault<z.ZodInt>;
  epochs: z.ZodDefault<z.ZodInt>;
  learningRate: z.ZodDefault<z.ZodNumber>;
  weightDecay: z.ZodDefault<z.ZodNumber>;
  optimizer: z.ZodDefault<
    z.ZodEnum<{ adam: "adam"; adamw: "adamw"; sgd: "sgd"; lars: "lars" }>
  >;
  momentum: z.ZodDefault<z.ZodNumber>;
  schedule: z.ZodDefault<z.ZodEnum<{ constant: "constant"; cosine: "cosine" }>>;
  warmupEpochs: z.ZodDefault<z.ZodNumber>;
  rewarmEpochs: z.ZodDefault<z.ZodNumber>;
  microBatch: z.ZodDefault<z.ZodInt>;
  precision: z.ZodDefault<z.ZodEnum<{ float32: "float32"; mixed: "mixed" }>>;
  maxSteps: z.ZodDefault<z.ZodInt>;
  evalEvery: z.ZodDefault<z.ZodInt>;
  saveEvery: z.ZodDefault<z.ZodInt>;
  saveMinutes: z.ZodDefault<z.ZodNumber>;
  logEvery: z.ZodDefault<z.ZodInt>;
  k: z.ZodDefault<z.ZodInt>;
  knnTemperature: z.ZodDefault<z.ZodNumber>;
}, z.core.$strict> = z.strictObject({
  seed: z.int().min(0).default(0).describe("seed of weights, order and views").meta(
    facts("input", { sweep: "absent", overview: true }),
  ),
  featureDim: z.int().min(1).default(128).describe("dimension of the embeddings").meta(
    facts("training", { reference: true }),
  ),
  batchSize: z.int().min(2).default(256).describe("examples in a batch").meta(
    facts("training", { reference: true, overview: true, bound: "examples" }),
  ),
  epochs: z.int().min(1).default(500).describe("passes over the dataset").meta(
    facts("training", { resume: "extend", reference: true, overview: true }),
  ),
  learningRate: z.number().positive().default(1e-3).describe("learning rate after warm-up").meta(
    // The way on after a loss that became NaN: the same rate leads there again.
    facts("training", { resume: "free", overview: true }),
  ),
  weightDecay: z.number().min(0).default(1e-6).describe(
    "weight decay: L2, decoupled for adamw",
  ).meta(facts("training")),
  optimizer: z.enum(["adam", "adamw", "sgd", "lars"]).default("adam").describe("update rule").meta(
    facts("training"),
  ),
  momentum: z.number().min(0).lt(1).default(0.9).describe("momentum of sgd and lars").meta(
    facts("training"),
  ),
  schedule: z.enum(["constant", "cosine"]).default("constant").describe(
    "learning rate over the epochs",
  ).meta(facts("training")),
  warmupEpochs: z.number().min(0).default(0).describe(
    "epochs in which the learning rate rises from 0",
  ).meta(facts("training")),
  rewarmEpochs: z.number().min(0).default(0).describe(
    "epochs in which a run that is resumed with more --epochs comes to its new learning rate; " +
      "0: at once",
  ).meta(facts("training", { resume: "free", result: false, sweep: "absent" })),
  microBatch: z.int().min(0).default(0).describe(
    "examples on the device at a time, for less memory: the same gradient, but that batch norm " +
      "takes the statistics of each piece; 0: the whole batch",
  ).meta(facts("training")),
  precision: z.enum(["float32", "mixed"]).default("float32").describe(
    "mixed: convolutions and dense layers multiply in float16 and add in float32; webgpu only",
  ).meta(facts("training")),
  maxSteps: z.int().min(0).default(0).describe("stop after so many steps; 0: no limit").meta(
    facts("training", { resume: "extend" }),
  ),
  evalEvery: z.int().min(0).default(25).describe("epochs between kNN evaluations; 0: never").meta(
    facts("machine"),
  ),
  saveEvery: z.int().min(0).default(25).describe(
    "epochs between checkpoints; 0: only at the end",
  ).meta(facts("machine")),
  saveMinutes: z.number().min(0).default(10).describe(
    "minutes between checkpoints on the way, of which the newest two are kept; 0: none",
  ).meta(facts("machine")),
  logEvery: z.int().min(1).default(10).describe("steps between lines of the log").meta(
    facts("machine", { result: true }),
  ),
  k: z.int().min(1).default(200).describe("neighbors of the kNN evaluation").meta(
    facts("evaluation", { reference: true, bound: "labeled" }),
  ),
  knnTemperature: z.number().positive().default(0.5).describe(
    "temperature of the votes of the kNN evaluation",
  ).meta(facts("evaluation")),
});

/** Checked training options. */
export type TrainOptions = z.output<typeof trainOptions>;

/** The probe that evaluates every training on its way and at its end, and its options by training's. */
export const TRAINING_PROBE = {
  name: "knn",
  options: { k: "k", temperature: "knnTemperature" },
} as const satisfies { name: string; options: Record<string, keyof TrainOptions> };
