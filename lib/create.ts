/**
 * Making what a plugin describes: options checked, wrong products refused, and what was made guarded.
 *
 * @module
 */
import type { NormalizationOptions } from "./data/normalization.ts";
import { PluginError } from "./errors.ts";
import { blamed, guard } from "./guard.ts";
import { checkOptions } from "./options.ts";
import type {
  Dataset,
  Encoder,
  Kind,
  KindEnvs,
  KindProducts,
  Objective,
  Plugin,
  Probe,
} from "./plugin.ts";
import { pretrainName } from "./splits.ts";

/**
 * Makes a plugin's product, guarded: what it throws later names the plugin, too.
 *
 * @param options unchecked values by key, as `{ tauPlus: 0.1 }`.
 * @throws UsageError where an option is wrong; PluginError naming the plugin where it throws, or
 * makes what its interface does not allow.
 */
export async function create<K extends Kind>(
  plugin: Plugin<K>,
  options: Readonly<Record<string, unknown>>,
  env: KindEnvs[K],
): Promise<KindProducts[K]> {
  const checked = checkOptions(plugin.options, options);
  const { signal } = env;
  let product: KindProducts[K];
  try {
    const made = await plugin.create(checked, env);
    // What is no object breaks a rule below.
    product = typeof made === "object" && made !== null ? guard(plugin, made, signal) : made;
  } catch (cause) {
    throw blamed(plugin, "create()", cause, signal);
  }
  const rule = ruleBroken(plugin.kind, product);
  if (rule === undefined) {
    remember(product, { plugin, options: checked });
    return product;
  }
  throw new PluginError({
    act: `use the ${plugin.kind} ${plugin.name}`,
    rule,
    next: "The plugin is at fault; see the interface in lib/plugin.ts.",
  });
}

/** What a product was made from. */
export interface Origin {
  readonly plugin: Plugin;
  /** Its checked options, by key. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Of a dataset, the normalization in place of its own. */
  readonly normalization?: NormalizationOptions;
}

/** By product; a changed copy of one has no origin. */
const origins = new WeakMap<object, Origin>();

/** What a product was made from, where {@linkcode create} made it. */
export function originOf(product: object): Origin | undefined {
  return origins.get(product);
}

/** Keeps what a product was made from. */
export function remember(product: object, origin: Origin): void {
  origins.set(product, origin);
}

/** The rule that a product breaks, if any; a plugin in JavaScript may have made anything. */
function ruleBroken<K extends Kind>(kind: K, product: KindProducts[K]): string | undefined {
  try {
    return CHECKS[kind](product);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return `it must make a whole ${kind}; ${error.message.replace(/\.$/, "")}`;
  }
}

const CHECKS: { readonly [K in Kind]: (product: KindProducts[K]) => string | undefined } = {
  dataset: datasetRule,
  encoder: encoderRule,
  objective: ({ loss }: Objective) =>
    typeof loss === "function" ? undefined : "it must have a function loss",
  probe: ({ evaluate }: Probe) =>
    typeof evaluate === "function" ? undefined : "it must have a function evaluate",
};

function datasetRule(dataset: Dataset): string | undefined {
  const { classes, shape, mean, std, splits } = dataset;
  const channels = shape.at(-1);
  const sizes = [1, channels];
  if (shape.length === 0 || !shape.every((side) => Number.isInteger(side) && side > 0)) {
    return `its shape must be positive whole numbers, got [${shape}]`;
  }
  if (!sizes.includes(mean.length) || !sizes.includes(std.length)) {
    return `its mean and std must have ${channels} numbers each, one per channel`;
  }
  if (!std.every((value) => value > 0)) return `its std must be positive, got [${std}]`;
  const start = pretrainName(dataset);
  if (!splits[start]) return `it must have a split ${start} to train on`;
  for (const [name, { length, labels, names, read }] of Object.entries(splits)) {
    if (!Number.isInteger(length) || length < 0) return `the length of ${name} must be a count`;
    if (typeof read !== "function") return `its split ${name} must have a function read`;
    if (labels && labels.length !== length) {
      return `its split ${name} must have a label for each example, got ${labels.length} ` +
        `for ${length}`;
    }
    if (names && names.length !== length) {
      return `its split ${name} must have a name for each example, got ${names.length} for ${length}`;
    }
    const wrong = labels?.find((label) => label < -1 || label >= classes.length);
    if (wrong !== undefined) {
      return `the labels of ${name} must be −1 to ${classes.length - 1}, got ${wrong}`;
    }
  }
}

function encoderRule({ model, dim }: Encoder): string | undefined {
  const shape = model?.outputs?.[0]?.shape;
  if (!shape) return "its model must be a tf.LayersModel";
  if (shape.length !== 2 || shape[1] !== dim) {
    return `its model must give [batch, dim] with dim ${dim}, got [${shape}]`;
  }
}
