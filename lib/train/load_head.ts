/**
 * A trained projection head from a file.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import { UsageError } from "../errors.ts";
import { fromTorch, torchShape } from "../interop/torch_names.ts";
import { torchName } from "../interop/torch_naming.ts";
import { projectionHead } from "../nn/projection_head.ts";
import { namedWeights } from "../nn/weights.ts";
import { readWeights } from "./read_weights.ts";
import { assignVariables } from "./variable_arrays.ts";

/**
 * The projection head of a checkpoint of ours, or of a PyTorch file in the reference's names or in
 * those that `export` writes; its sizes are the file's. Throws a UsageError where the file has none,
 * a DataError where it is damaged or the head is of another make.
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
      rule: `the file must have one, with ${nameOf(name)}`,
      got: shape ? `[${shape}]` : "nothing",
      next: "Leave out --head, choose another --format, or name a checkpoint of a training.",
    });
  }
}
