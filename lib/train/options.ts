/**
 * The options of training; names and defaults are the reference's (chingyaoc/DCL `main.py`) where
 * it has them.
 *
 * @module
 */
import { z } from "zod";

/** The types of {@linkcode trainOptions}, written out: a published package may not infer them. */
type TrainOptionsShape = {
  readonly seed: z.ZodDefault<z.ZodInt>;
  readonly featureDim: z.ZodDefault<z.ZodInt>;
  readonly batchSize: z.ZodDefault<z.ZodInt>;
  readonly epochs: z.ZodDefault<z.ZodInt>;
  readonly learningRate: z.ZodDefault<z.ZodNumber>;
  readonly weightDecay: z.ZodDefault<z.ZodNumber>;
  readonly optimizer: z.ZodDefault<
    z.ZodEnum<{ adam: "adam"; adamw: "adamw"; sgd: "sgd"; lars: "lars" }>
  >;
  readonly momentum: z.ZodDefault<z.ZodNumber>;
  readonly schedule: z.ZodDefault<z.ZodEnum<{ constant: "constant"; cosine: "cosine" }>>;
  readonly warmupEpochs: z.ZodDefault<z.ZodNumber>;
  readonly microBatch: z.ZodDefault<z.ZodInt>;
  readonly maxSteps: z.ZodDefault<z.ZodInt>;
  readonly evalEvery: z.ZodDefault<z.ZodInt>;
  readonly saveEvery: z.ZodDefault<z.ZodInt>;
  readonly logEvery: z.ZodDefault<z.ZodInt>;
  readonly k: z.ZodDefault<z.ZodInt>;
  readonly knnTemperature: z.ZodDefault<z.ZodNumber>;
};

/** The schema of the training options. */
export const trainOptions: z.ZodObject<TrainOptionsShape, z.core.$strict> = z.strictObject({
  seed: z.int().min(0).default(0).describe("seed of weights, order and views"),
  featureDim: z.int().min(1).default(128).describe("dimension of the embeddings"),
  batchSize: z.int().min(2).default(256).describe("examples in a batch"),
  epochs: z.int().min(1).default(500).describe("sweeps over the dataset"),
  learningRate: z.number().positive().default(1e-3).describe("learning rate after warm-up"),
  weightDecay: z.number().min(0).default(1e-6).describe(
    "pull of the weights to 0: L2, decoupled for adamw",
  ),
  optimizer: z.enum(["adam", "adamw", "sgd", "lars"]).default("adam").describe("update rule"),
  momentum: z.number().min(0).lt(1).default(0.9).describe("momentum of sgd and lars"),
  schedule: z.enum(["constant", "cosine"]).default("constant").describe(
    "learning rate over the epochs",
  ),
  warmupEpochs: z.number().min(0).default(0).describe(
    "epochs in which the learning rate rises from 0",
  ),
  microBatch: z.int().min(0).default(0).describe(
    "examples on the device at a time, for less memory: the same gradient, but that batch norm " +
      "takes the statistics of each piece; 0: the whole batch",
  ),
  maxSteps: z.int().min(0).default(0).describe("stop after so many steps; 0: no limit"),
  evalEvery: z.int().min(0).default(25).describe("epochs between kNN evaluations; 0: never"),
  saveEvery: z.int().min(0).default(25).describe(
    "epochs between checkpoints; 0: only at the end",
  ),
  logEvery: z.int().min(1).default(10).describe("steps between lines of the log"),
  k: z.int().min(1).default(200).describe("neighbours of the kNN evaluation"),
  knnTemperature: z.number().positive().default(0.5).describe(
    "temperature of the votes of the kNN evaluation",
  ),
});

/** Checked training options. */
export type TrainOptions = z.output<typeof trainOptions>;
