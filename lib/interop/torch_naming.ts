/**
 * How PyTorch code names the weights of a network, and how a file's names are recognized.
 *
 * Trainers wrap the same residual network under names of their own: MoCo has `module.encoder_q.`
 * before torchvision's names and a copy of the network under `module.encoder_k.`, SimSiam
 * `module.encoder.`, PyTorch Lightning's modules `backbone.`. lightly and the reference make a
 * `Sequential` of the network's children, whose names are then numbers.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import type { NamedArray } from "./named_array.ts";

/** How PyTorch code calls the weights. */
export interface TorchNaming {
  /**
   * `torchvision`: `layer1.0.conv1.weight`, and `head.0.weight` for a projection head, which
   * torchvision has not. `reference`: the numbers of the network's children in a `Sequential`,
   * `f.3.0.conv1.weight`, and `g.0.weight`.
   */
  readonly style: "torchvision" | "reference";
  /** Whether each name begins with `module.`, as `DataParallel` has it. */
  readonly parallel: boolean;
  /** What the encoder's names begin with where it is not what these say: `module.encoder_q.`. */
  readonly prefix?: string;
  /**
   * Of numbers, that of `layer1`: 4 for all children of torchvision's network, 3 (the default)
   * without max-pool as in the reference, 2 without ReLU too.
   */
  readonly firstStage?: number;
  /** What the convolution beside a block is called where it is not torchvision's `downsample`. */
  readonly shortcut?: string;
  /** The other encoders in the file, which were passed over. */
  readonly others?: readonly TorchNaming[];
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

/**
 * The name that PyTorch code has for a weight, such as `module.f.0.weight` for
 * `encoder.conv1.kernel`; undefined where it has none, as for a moment of the optimizer.
 */
export function torchName(name: string, naming: TorchNaming): string | undefined {
  const { style, firstStage = 3, shortcut = "downsample" } = naming;
  const [, model, path, weight] = /^(encoder|head)\.(.+)\.(\w+)$/.exec(name) ?? [];
  if (model === undefined || !Object.hasOwn(PARAMETERS, weight)) return undefined;
  const prefix = prefixOf(naming);
  if (model === "head") {
    const before = style === "reference" ? prefix.replace(/f\.$/, "g.") : `${prefix}head.`;
    return `${before}${path}.${PARAMETERS[weight]}`;
  }
  const layer = style === "torchvision" ? path : child(path, firstStage);
  return layer &&
    `${prefix}${layer.replace(".downsample.", `.${shortcut}.`)}.${PARAMETERS[weight]}`;
}

/** What each name of the encoder begins with: nothing in torchvision's, else it ends with a dot. */
export function prefixOf({ style, parallel, prefix }: TorchNaming): string {
  return prefix ?? `${parallel ? "module." : ""}${style === "reference" ? "f." : ""}`;
}

/** A layer of the encoder as a child of a `Sequential`, whose ReLUs count too. */
function child(path: string, firstStage: number): string | undefined {
  const [, kind, number, rest] = /^(conv|bn|layer)([1-9]\d*)((?:\..+)?)$/.exec(path) ?? [];
  if ((kind === "layer") !== (rest !== "")) return undefined;
  const n = Number(number);
  return `${kind === "layer" ? n - 1 + firstStage : 3 * (n - 1) + (kind === "bn" ? 1 : 0)}${rest}`;
}

/** Parts of a name that say that its network is trained by gradients, beside one that follows it. */
const TRAINED = /(^|[._])(q|query|online|student)([._]|$)/i;

/** Parts of a name that say that its network follows another one. */
const FOLLOWING = /(^|[._])(k|key|momentum|target|teacher|ema|slow)([._]|$)/i;

/** Of networks by names: 0 for the one that is trained, 1 where the name does not tell, 2 for copies. */
export function roleOf(name: string): number {
  return FOLLOWING.test(name) ? 2 : TRAINED.test(name) ? 0 : 1;
}

/** Whether there is a residual network among the names. */
export function hasResidualNetwork(names: ReadonlySet<string>): boolean {
  return residualNetworks(names).length > 0;
}

/**
 * How a file names its encoder: a residual network under any prefix, or a plain network under
 * torchvision's names or the reference's. Of several residual networks the one that is trained is
 * taken, as MoCo's `encoder_q` beside `encoder_k`; undefined where there is none.
 *
 * @example A checkpoint of MoCo
 * ```ts
 * import { findNaming } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const naming = findNaming(["encoder_k", "encoder_q"].flatMap((encoder) =>
 *   [`module.${encoder}.conv1.weight`, `module.${encoder}.layer1.0.conv1.weight`]
 * ));
 * assertEquals([naming?.style, naming?.prefix], ["torchvision", "module.encoder_q."]);
 * ```
 */
export function findNaming(names: Iterable<string>): TorchNaming | undefined {
  const all = new Set(names);
  const networks = residualNetworks(all);
  if (networks.length === 0) return plainNetwork(all);
  const roles = networks.map((network) => roleOf(prefixOf(network)));
  const chosen = networks[roles.indexOf(Math.min(...roles))];
  const others = networks.filter((network) => network !== chosen);
  return { ...chosen, ...(others.length > 0 && { others }) };
}

/**
 * Throws a DataError about `source` where another encoder of the file could be meant as well: where
 * its name does not say that it follows another one, and its weights differ.
 */
export function checkChosen(
  tensors: ReadonlyMap<string, NamedArray>,
  naming: TorchNaming,
  source: string,
): void {
  const different = naming.others?.find((other) =>
    roleOf(prefixOf(other)) === roleOf(prefixOf(naming)) && !sameNetwork(tensors, naming, other)
  );
  if (!different) return;
  throw new DataError({
    act: `load ${source}`,
    rule: "it must have one encoder, or names that show which of them is the trained one",
    got: [naming, different].map((network) => torchName("encoder.conv1.kernel", network))
      .join(" and "),
    next: "Save only the one that you mean, in PyTorch: torch.save({name.removeprefix(PREFIX): " +
      "weight for name, weight in state_dict.items() if name.startswith(PREFIX)}, PATH).",
  });
}

/** All that the names hold: a first convolution, and the first one of a stage beside it. */
function residualNetworks(names: ReadonlySet<string>): TorchNaming[] {
  return [...names].flatMap((name): TorchNaming[] => {
    const [, prefix, first] = /^((?:.*\.)?)(conv1|0)\.weight$/.exec(name) ?? [];
    if (prefix === undefined) return [];
    if (first === "conv1") {
      if (!names.has(`${prefix}layer1.0.conv1.weight`)) return [];
      const shortcut = names.has(`${prefix}layer2.0.shortcut.0.weight`) && { shortcut: "shortcut" };
      return [{ ...named("torchvision", prefix), ...shortcut }];
    }
    const stage = [2, 3, 4].find((stage) => names.has(`${prefix}${stage}.0.conv1.weight`));
    if (stage === undefined) return [];
    return [{ ...named("reference", prefix), ...(stage !== 3 && { firstStage: stage }) }];
  });
}

function plainNetwork(names: ReadonlySet<string>): TorchNaming | undefined {
  for (const name of names) {
    const [, module, first] = /^(module\.)?(conv1|f\.0)\.weight$/.exec(name) ?? [];
    if (first === undefined) continue;
    const style = first === "conv1" ? "torchvision" : "reference";
    return { style, parallel: module !== undefined };
  }
}

/** With the prefix where `module.` alone does not say it. */
function named(style: TorchNaming["style"], prefix: string): TorchNaming {
  const naming = { style, parallel: prefix.startsWith("module.") };
  return prefixOf(naming) === prefix ? naming : { ...naming, prefix };
}

/** Weights by which two networks are told apart, or are one that has two names. */
const COMPARED = ["conv1", "layer1.0.conv1", "layer4.1.conv1", "layer4.1.conv2"];

/** Whether two names are of one network, as PyTorch saves a module that stands in two places. */
function sameNetwork(
  tensors: ReadonlyMap<string, NamedArray>,
  a: TorchNaming,
  b: TorchNaming,
): boolean {
  return COMPARED.every((layer) => {
    const [one, other] = [a, b].map((naming) =>
      tensors.get(torchName(`encoder.${layer}.kernel`, naming) ?? "")
    );
    if (!one || !other) return one === other;
    return `${one.shape}` === `${other.shape}` &&
      one.data.every((value, i) => value === other.data[i]);
  });
}
