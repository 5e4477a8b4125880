/**
 * Our weights under the names and in the layouts that PyTorch code has for them, and back.
 *
 * Our names are those of a checkpoint: `encoder.` or `head.`, the layer, and the weight, such as
 * `encoder.layer1.0.conv1.kernel`. The layers are called as in torchvision.
 *
 * @module
 */
import { DataError, UsageError } from "../errors.ts";
import { type NamedArray, permute } from "./named_array.ts";
import { prefixOf, torchName, type TorchNaming } from "./torch_naming.ts";

/** Our axes in PyTorch's order: [in, out] → [out, in], [h, w, in, out] → [out, in, h, w]. */
const AXES: Readonly<Record<number, readonly number[]>> = { 2: [1, 0], 4: [3, 2, 0, 1] };

/** Steps of batch norm, which `BatchNorm2d` counts and, with a momentum, never uses. */
const COUNTER = "num_batches_tracked";

/**
 * What a layer of a file may hold besides its weights: batch norm's counter, and what thop's
 * `profile` left in a model that was saved after it, as in the code that the reference is made from.
 */
const COUNTED = new RegExp(`(^|\\.)(${COUNTER}|total_ops|total_params)$`);

/** A shape of ours as PyTorch has it. */
export function torchShape(shape: readonly number[]): readonly number[] {
  return AXES[shape.length]?.map((axis) => shape[axis]) ?? shape;
}

/**
 * Weights (as of a checkpoint; names without `encoder.` and `head.` are left out) under PyTorch's
 * names and in its layouts, [out, in] and [out, in, h, w], in their order, with batch norm's counters,
 * which are 0.
 *
 * @throws UsageError where a layer of the encoder has no name in that style, as one of a third
 * party's encoder may in the reference's.
 *
 * @example A linear layer of a head
 * ```ts
 * import { toTorch } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const kernel = { dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const;
 * const tensors = toTorch(new Map([["head.0.kernel", kernel]]), { style: "reference", parallel: true });
 * const weight = tensors.get("module.g.0.weight");
 * assertEquals(weight, { dtype: "F32", shape: [3, 2], data: Float32Array.of(1, 4, 2, 5, 3, 6) });
 * ```
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
        rule: "each must belong to a layer that this style has a name for",
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
  /** Parts of the file that belong to no encoder, such as `fc` and `module.encoder_k`. */
  readonly ignored: readonly string[];
}

/**
 * Finds the `wanted` weights, given by our names and shapes, among the tensors of a PyTorch file.
 *
 * @returns the weights, float32, in our layouts: [in, out] and [h, w, in, out]
 * @throws DataError about `source` naming the first one that is missing, of another shape or no
 * floating-point numbers, or a layer that the file's encoder has besides.
 *
 * @example The first convolution of a network, beside a classifier
 * ```ts
 * import { fromTorch } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const zeros = (...shape: number[]) =>
 *   ({ dtype: "F32", shape, data: new Float32Array(shape.reduce((a, b) => a * b)) }) as const;
 * const file = new Map([["conv1.weight", zeros(8, 3, 5, 5)], ["fc.weight", zeros(10, 8)]]);
 * const wanted = new Map([["encoder.conv1.kernel", { shape: [5, 5, 3, 8] }]]);
 * const naming = { style: "torchvision", parallel: false } as const;
 * const { weights, ignored } = fromTorch(file, wanted, naming, "mine.pth");
 * assertEquals(weights.get("encoder.conv1.kernel")?.shape, [5, 5, 3, 8]);
 * assertEquals(ignored, ["fc"]);
 * ```
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
      fail("the encoder must have layers that PyTorch has", name);
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
  const prefix = prefixOf(naming);
  const kinds = new Set(["conv", "bn", "layer"]);
  for (const name of wanted.keys()) kinds.add(kindOf(name.replace(/^(encoder|head)\./, "")));
  const ignored = new Set<string>();
  for (const name of left) {
    if (COUNTED.test(name)) continue;
    const rest = name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
    const ofEncoder = rest !== undefined &&
      (naming.style === "torchvision"
        ? kinds.has(kindOf(rest))
        // A classifier is a child with a number too, but no convolution and of no blocks.
        : /^\d+\.\d+\./.test(rest) || /^\d/.test(rest) && tensors.get(name)!.shape.length === 4);
    if (ofEncoder) fail("the encoder must have all weights of the file", name);
    ignored.add(partOf(name, prefix));
  }
  return { weights, ignored: [...ignored] };
}

/** The kind of a layer by its name: `layer` of `layer1.0.conv1.kernel`. */
function kindOf(name: string): string {
  return name.split(".")[0].replace(/\d+$/, "");
}

/** The outermost module that a weight is in and the encoder is not. */
function partOf(name: string, prefix: string): string {
  const parts = name.split(".");
  const shared = parts.findIndex((_, i) =>
    !prefix.startsWith(`${parts.slice(0, i + 1).join(".")}.`)
  );
  return parts.slice(0, shared + 1).join(".");
}

/**
 * The elements of a tensor of type F64, F32, F16 or BF16 as float32, the same array where it is one
 * already; undefined for every other type.
 */
export function toFloat32({ dtype, data }: NamedArray): Float32Array | undefined {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return Float32Array.from(data);
  if (!(data instanceof Uint16Array)) return undefined;
  if (dtype === "F16") {
    return Float32Array.from(new Float16Array(data.buffer, data.byteOffset, data.length));
  }
  // A bfloat16 is the upper half of a float32.
  if (dtype === "BF16") {
    return new Float32Array(Uint32Array.from(data, (half) => half << 16).buffer);
  }
}
