/**
 * What PyTorch's batch norms call `num_batches_tracked`.
 *
 * @module
 */
import { readVerified } from "../train/checkpoint.ts";
import { readWeights } from "../train/read_weights.ts";

const COUNTER = /(^|\.)num_batches_tracked$/;

/**
 * How many batches each batch norm saw in training: what a PyTorch file counts, or of a checkpoint
 * of ours its steps, in each of which every view goes through by itself, in pieces where
 * --micro_batch says so. 0 where that is not known, as with a third party's objective, which may
 * have any number of views.
 *
 * @param config the flat configuration of the run, where there is one
 */
export async function batchesTracked(
  path: string,
  config?: Readonly<Record<string, unknown>>,
): Promise<number> {
  const { tensors, naming } = await readWeights(path);
  if (naming) {
    const counter = [...tensors].find(([name]) => COUNTER.test(name))?.[1].data[0];
    return Number(counter ?? 0);
  }
  const { metadata } = await readVerified(path);
  const [step, batchSize] = [Number(metadata.step), Number(metadata.batchSize)];
  if (!config || !(step >= 0) || !(batchSize > 0)) return 0;
  const third = config.plugin;
  if (Array.isArray(third) && third.length > 0) return 0;
  const views = Number(config["objective.positives"] ?? 1) + 1;
  const microBatch = Number(config.micro_batch ?? 0);
  const pieces = microBatch > 0 ? Math.ceil(batchSize / microBatch) : 1;
  return step * views * pieces;
}
