/**
 * A network's weights as PyTorch code names and lays them out.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { ExportGraph } from "./export_graph.ts";
import type { NamedArray } from "./named_array.ts";
import { toTorch } from "./torch_names.ts";
import type { TorchNaming } from "./torch_naming.ts";

/** Encoder and, where it goes along, the projection head. */
export interface ExportParts {
  /** The encoder. */
  readonly encoder: ExportGraph;
  /** The head. */
  readonly head?: ExportGraph;
}

/**
 * The tensors of a state dict. Batch norms have `num_batches_tracked`; folded ones have nothing, and
 * the convolutions before them a bias, as PyTorch's `fuse_modules` leaves a model.
 *
 * Throws a UsageError naming the first weight that has no name there, or where the names are those
 * of the reference's model, which has no max-pool, and the encoder has one.
 *
 * @param batchesTracked how many batches each batch norm saw in training, 0 where that is unknown
 */
export function torchTensors(
  { encoder, head }: ExportParts,
  naming: TorchNaming,
  batchesTracked: number,
): Map<string, NamedArray> {
  const pool = encoder.layers.find(({ className }) => className === "MaxPooling2D");
  if (naming.style === "reference" && pool) {
    throw new UsageError({
      act: `export the layer ${pool.name}`,
      rule: "the reference's model has no max-pool",
      next: "Choose --format=safetensors.",
    });
  }
  const weights = new Map([...named("encoder.", encoder), ...head ? named("", head) : []]);
  const tensors = toTorch(weights, naming);
  const tracked: NamedArray = {
    dtype: "I64",
    shape: [],
    data: BigInt64Array.of(BigInt(batchesTracked)),
  };
  for (const name of tensors.keys()) {
    if (name.endsWith(".num_batches_tracked")) tensors.set(name, tracked);
  }
  return tensors;
}

/** The weights by the names of a checkpoint; the layers of a head are called `head.0` … already. */
function named(prefix: string, { layers }: ExportGraph): [string, NamedArray][] {
  return layers.flatMap(({ name, weights }) =>
    [...weights].map(([part, weight]): [string, NamedArray] => [`${prefix}${name}.${part}`, weight])
  );
}
