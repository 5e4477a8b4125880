/**
 * Our weights under the names and in the layouts that PyTorch code has for them, and back.
 *
 * Our names are those of a checkpoint: `encoder.` or `head.`, the layer, and the weight, such as
 * `encoder.layer1.0.conv1.kernel`. The layers are called as in torchvision; the reference
 * (chingyaoc/DCL `model.py`) has them as children of a `Sequential` f without max-pool, so that
 * `layer1.0.conv1` is `f.3.0.conv1`, and the head as a `Sequential` g. Its checkpoints are of a
 * `DataParallel` model, which puts `module.` before every name.
 *
 * @module
 */
import { DataError, UsageError } from "../errors.ts";
import { toFloat32 } from "./float32.ts";
import { type NamedArray, permute } from "./named_array.ts";

/** How PyTorch code calls the weights. */
export interface TorchNaming {
  /**
   * `torchvision`: `layer1.0.conv1.weight`, and `head.0.weight` for a projection head, which
   * torchvision has not. `reference`: `f.3.0.conv1.weight`, `g.0.weight`.
   */
  readonly style: "torchvision" | "reference";
  /** Whether each name begins with `module.`, as `DataParallel` has it. */
  readonly parallel: boolean;
}

/** The weights of our layers by PyTorch's names for them. */
const PARAMETERS: Readonly<Record<string, string>> = {
  kernel: "weight",
  bias: "bias",
  gamma: "weight",
  beta: "bias",
  moving_mean: "running_mean",
  moving_variance: "running_var",
};

/** Our axes in PyTorch's order: [in, out] → [out, in], [h, w, in, out] → [out, in, h, w]. */
const AXES: Readonly<Record<number, readonly number[]>> = { 2: [1, 0], 4: [3, 2, 0, 1] };

/** Steps of batch norm, which `BatchNorm2d` counts and, with a momentum, never uses. */
const COUNTER = "num_batches_tracked";

/**
 * What a layer of a file may hold besides its weights: batch norm's counter, and what thop's
 * `profile` left in a model that was saved after it, as in the code that the reference is made from.
 */
const COUNTED = new RegExp(`(^|\\.)(${COUNTER}|total_ops|total_params)$`);

/** What of a PyTorch file is no weight of the encoder, and may be left: head and classifier. */
const APART = { torchvision: /^(fc|head)\./, reference: /^g\./ } as const;

/** How a file names its weights, by the first convolution; undefined where it has none of both. */
export function findNaming(names: Iterable<string>): TorchNaming | undefined {
  for (const name of names) {
    const [, module, first] = /^(module\.)?(conv1|f\.0)\.weight$/.exec(name) ?? [];
    if (first === undefined) continue;
    return {
      style: first === "conv1" ? "torchvision" : "reference",
      parallel: module !== undefined,
    };
  }
}

/**
 * The name that PyTorch code has for a weight, such as `module.f.0.weight` for
 * `encoder.conv1.kernel`; undefined where it has none, as for a moment of the optimizer.
 */
export function torchName(name: string, { style, parallel }: TorchNaming): string | undefined {
  const [, model, path, weight] = /^(encoder|head)\.(.+)\.(\w+)$/.exec(name) ?? [];
  if (model === undefined || !Object.hasOwn(PARAMETERS, weight)) return undefined;
  const layer = style === "torchvision"
    ? model === "head" ? `head.${path}` : path
    : model === "head"
    ? `g.${path}`
    : child(path);
  return layer && `${parallel ? "module." : ""}${layer}.${PARAMETERS[weight]}`;
}

/** A layer of the encoder as a child of the reference's `Sequential`, whose ReLUs count too. */
function child(path: string): string | undefined {
  const [, kind, number, rest] = /^(conv|bn|layer)([1-9]\d*)((?:\..+)?)$/.exec(path) ?? [];
  if ((kind === "layer") !== (rest !== "")) return undefined;
  const n = Number(number);
  return `f.${kind === "layer" ? n + 2 : 3 * (n - 1) + (kind === "bn" ? 1 : 0)}${rest}`;
}

/** A shape of ours as PyTorch has it. */
export function torchShape(shape: readonly number[]): readonly number[] {
  return AXES[shape.length]?.map((axis) => shape[axis]) ?? shape;
}

/**
 * Weights (as of a checkpoint; names without `encoder.` and `head.` are left out) under PyTorch's
 * names and in its layouts, in their order, with batch norm's counters, which are 0.
 *
 * Throws a UsageError where a layer of the encoder has no name in that style, as one of a third
 * party's encoder may in the reference's.
 */
export function toTorch(
  weights: ReadonlyMap<string, NamedArray>,
  naming: TorchNaming,
): Map<string, NamedArray> {
  const tensors = new Map<string, NamedArray>();
  for (const [name, array] of weights) {
    if (!/^(encoder|head)\./.test(name)) continue;
    const torch = torchName(name, naming);
    if (torch === undefined) {
      throw new UsageError({
        act: `name the weights as ${naming.style === "reference" ? "the reference" : naming.style}`,
        rule: "each must be of a layer that it names",
        got: name,
        next: "Choose another style of names.",
      });
    }
    const axes = AXES[array.shape.length];
    tensors.set(torch, axes ? permute(array, axes) : array);
    if (!name.endsWith(".moving_variance")) continue;
    const counter = torch.replace(/running_var$/, COUNTER);
    tensors.set(counter, { dtype: "I64", shape: [], data: new BigInt64Array(1) });
  }
  return tensors;
}

/** What {@linkcode fromTorch} found. */
export interface FromTorch {
  /** All that was wanted, float32, under our names and in our layouts. */
  readonly weights: Map<string, NamedArray>;
  /** Names of the file that belong to no encoder: a classifier's and a projection head's. */
  readonly ignored: readonly string[];
}

/**
 * Finds the `wanted` weights, given by our names and shapes, among the tensors of a PyTorch file.
 *
 * Throws a DataError about `source` naming the first one that is missing, of another shape or no
 * floating-point numbers, or that the file has besides.
 */
export function fromTorch(
  tensors: ReadonlyMap<string, NamedArray>,
  wanted: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  naming: TorchNaming,
  source: string,
): FromTorch {
  const fail = (rule: string, got: string): never => {
    throw new DataError({
      act: `load ${source}`,
      rule,
      got,
      next: "Use the encoder and the options that the file was made with.",
    });
  };
  const weights = new Map<string, NamedArray>();
  const left = new Set(tensors.keys());
  for (const [name, { shape }] of wanted) {
    const torch = torchName(name, naming) ??
      fail("the encoder must have layers as PyTorch's", name);
    const array = tensors.get(torch);
    const expected = `[${torchShape(shape)}]`;
    if (!array || `[${array.shape}]` !== expected) {
      return fail(`it must have ${torch}, ${expected}`, array ? `[${array.shape}]` : "nothing");
    }
    const data = toFloat32(array);
    if (!data) return fail(`${torch} must be of floating-point numbers`, array.dtype);
    const float: NamedArray = { dtype: "F32", shape: array.shape, data };
    const axes = AXES[shape.length];
    weights.set(name, axes ? permute(float, axes.map((_, axis) => axes.indexOf(axis))) : float);
    left.delete(torch);
  }
  const apart = APART[naming.style];
  const ignored: string[] = [];
  for (const name of left) {
    const bare = naming.parallel ? name.replace(/^module\./, "") : name;
    if (apart.test(bare)) ignored.push(name);
    else if (!COUNTED.test(bare)) {
      fail("the encoder must have all weights of the file", name);
    }
  }
  return { weights, ignored };
}
