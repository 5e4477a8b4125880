/**
 * What `export` does.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { chosen } from "../config.ts";
import { exportEncoder, type ExportFormat } from "../interop/export_encoder.ts";
import type { Context } from "../command_line/command.ts";
import { type exportOptions, isStandIn } from "./export.ts";
import type { OpenRun } from "../open_run.ts";
import type { Session } from "../session.ts";
import { type encoderGroups, makeObjective, restore } from "./shared/restore.ts";
import { readVerified } from "../train/checkpoint.ts";
import { readWeights } from "../train/load_encoder.ts";
import { TauplusError, UsageError } from "../errors.ts";
import { fromTorch, torchShape } from "../interop/torch_names.ts";
import { torchName } from "../interop/torch_naming.ts";
import { projectionHead } from "../nn/projection_head.ts";
import { namedWeights } from "../nn/weights.ts";
import { assignVariables } from "../train/variable_arrays.ts";

/** What the names of files end with. */
const SUFFIXES: Readonly<Record<ExportFormat, string>> = {
  "safetensors": ".safetensors",
  "pth-names": "-pth-names.safetensors",
  "tfjs": "-tfjs",
  "onnx": ".onnx",
};

/** Restores the encoder, writes it, and says what was written. */
export async function exportRun(
  context: Context<typeof exportOptions, typeof encoderGroups>,
): Promise<void> {
  const { config: { options: { format, fold, pixels, output, ...options }, roles, flat } } =
    context;
  const standsIn = isStandIn(flat);
  const { session, encoder, run, path: source } = await restore(context, standsIn);
  const { dataset } = session;
  const { plugin, options: encoderOptions } = chosen(roles, "encoder");
  const parts = `encoder${options.head ? "-head" : ""}${fold ? "-folded" : ""}${
    pixels ? "-pixels" : ""
  }`;
  const path = output ?? `${run?.path ?? "."}/${parts}${SUFFIXES[format]}`;
  const withHead = options.head || format === "pth-names";
  const { bytes, replaced, onlySize } = await exportEncoder({
    format,
    path,
    source,
    encoder,
    head: withHead ? await loadHead(source) : undefined,
    fold,
    pixels,
    batchesTracked: await batchesTracked(source, run && await seenBy(run, session, context)),
    dataset,
    datasetName: standsIn ? undefined : chosen(roles, "dataset").plugin.name,
    encoderName: plugin.name,
    encoderOptions,
  });
  context.result({ path, format, bytes, replaced, onlySize }, () => {
    const size = `${(bytes / 1e6).toFixed(1)} MB`;
    const images = onlySize ? `, for images of ${onlySize.join("×")} only` : "";
    return `${replaced ? "replaced" : "saved"}: ${path}   ${format}, ${size}${images}`;
  });
}

/** How a training shows its examples to the encoder. */
export interface Seen {
  /** Views of each example. */
  readonly views: number;
  /** Examples that go through the encoder at a time; 0: all of the batch. */
  readonly microBatch: number;
}

/** How the run does; undefined where its objective cannot be made. */
async function seenBy(
  run: OpenRun,
  session: Session,
  context: Pick<Context, "plugins" | "trust">,
): Promise<Seen | undefined> {
  try {
    const { views = 2 } = await makeObjective(run, session, context);
    return { views, microBatch: Number(run.config.micro_batch ?? 0) };
  } catch (error) {
    // An encoder is exported whether or not its objective can still be made.
    if (error instanceof TauplusError) return undefined;
    throw error;
  }
}

const COUNTER = /(^|\.)num_batches_tracked$/;

/**
 * How many batches each batch norm saw in training. A PyTorch file counts them. For a checkpoint of
 * tauplus it is computed from the steps: in each, every view passes through by itself, in parts where
 * --micro_batch is set. 0 where it is not known.
 *
 * @param seen how the run shows its examples to the encoder, where that is known
 */
export async function batchesTracked(
  path: string,
  seen?: Seen,
): Promise<number> {
  const { tensors, naming } = await readWeights(path);
  if (naming) {
    const counter = [...tensors].find(([name]) => COUNTER.test(name))?.[1].data[0];
    return Number(counter ?? 0);
  }
  const { metadata } = await readVerified(path);
  const [step, batchSize] = [Number(metadata.step), Number(metadata.batchSize)];
  if (!seen || !(step >= 0) || !(batchSize > 0)) return 0;
  const { views, microBatch } = seen;
  const pieces = microBatch > 0 ? Math.ceil(batchSize / microBatch) : 1;
  return step * views * pieces;
}

/**
 * The projection head of a tauplus checkpoint, or of a PyTorch file in the reference's names or in
 * those that `export` writes; its sizes are the file's. Throws a UsageError where the file has none,
 * a DataError where it is damaged or its head has another architecture.
 */
export async function loadHead(path: string): Promise<tf.LayersModel> {
  const { tensors, naming } = await readWeights(path);
  const nameOf = (name: string) => naming ? torchName(name, naming) ?? name : name;
  const [input, hidden] = sides("head.0.kernel");
  const [, featureDim] = sides("head.3.kernel");
  const head = projectionHead(input, featureDim, 0, { hidden });
  const weights = namedWeights(head);
  if (!naming) {
    assignVariables(weights, tensors, path);
    return head;
  }
  const own = new Set([...weights.keys()].map(nameOf));
  const found = fromTorch(
    new Map([...tensors].filter(([name]) => own.has(name))),
    weights,
    naming,
    path,
  );
  assignVariables(weights, found.weights, path);
  return head;

  /** [in, out] of a linear layer. */
  function sides(name: string): readonly number[] {
    const shape = tensors.get(nameOf(name))?.shape;
    if (shape?.length === 2) return naming ? torchShape(shape) : shape;
    throw new UsageError({
      act: `export the projection head of ${path}`,
      rule: `the file must contain one, with ${nameOf(name)}`,
      got: shape ? `[${shape}]` : "nothing",
      next: "Leave out --head, choose another --format, or name a checkpoint of a training.",
    });
  }
}
