/**
 * Products of plugins, guarded: where one throws, the error says which plugin and in which function.
 *
 * @module
 */
import { deviceFailure } from "./device/failure.ts";
import { Interrupted, PluginError, TauplusError } from "./errors.ts";
import type { Kind } from "./plugin.ts";

/** The key of a guarded product's name; a copy by `{ ...product }` keeps it. */
const NAME = Symbol("name of the plugin");

/** A plugin, as errors call it. */
export interface Named {
  readonly kind: Kind;
  /** The name on the command line. */
  readonly name: string;
}

/** A product's own name, where `create` made it. */
export function nameOf(product: object): string | undefined {
  const name: unknown = Reflect.get(product, NAME);
  return typeof name === "string" ? name : undefined;
}

/** What errors call a product: `objective debiased`; without a name where `create` did not make it. */
export function called(kind: Kind, product: object): string {
  const name = nameOf(product);
  return name === undefined ? kind : `${kind} ${name}`;
}

/**
 * The same product, whose functions throw a PluginError in place of what its plugin throws; see
 * {@linkcode blamed} for what passes. Fields are read from the product at each use, and functions are
 * called on it, so it may be an instance of a class; the guarded one can be spread.
 *
 * @param signal once it is aborted, everything passes: the plugin was ended by it
 */
export function guard<T extends object>(plugin: Named, product: T, signal?: AbortSignal): T {
  const splits = new WeakMap<object, object>();
  const inside = (split: unknown): unknown => {
    if (typeof split !== "object" || split === null) return split;
    if (!splits.has(split)) splits.set(split, forward(plugin, split, signal));
    return splits.get(split);
  };
  const guarded = forward(plugin, product, signal, (key, value) => {
    const holds = plugin.kind === "dataset" && key === "splits" && value instanceof Object;
    if (!holds) return value;
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inside(part)]));
  });
  return Object.defineProperty(guarded, NAME, { value: plugin.name, enumerable: true });
}

/** An object with the members of `target`, its own and those of its classes; `field` is what is read. */
function forward<T extends object>(
  plugin: Named,
  target: T,
  signal: AbortSignal | undefined,
  field: (key: string, value: unknown) => unknown = (_, value) => value,
): T {
  const product: object = target;
  const guarded = (where: string, act: () => unknown): unknown => {
    try {
      const result = act();
      if (!(result instanceof Promise)) return result;
      return result.catch((cause) => {
        throw blamed(plugin, where, cause, signal);
      });
    } catch (cause) {
      throw blamed(plugin, where, cause, signal);
    }
  };
  const members: PropertyDescriptorMap = {};
  for (const key of membersOf(target)) {
    const read = () => Reflect.get(product, key);
    const call = (...args: unknown[]) =>
      guarded(`${key}()`, () => Reflect.apply(read(), product, args));
    members[key] = {
      enumerable: true,
      get() {
        const value = guarded(key, read);
        return typeof value === "function" ? call : field(key, value);
      },
    };
  }
  return Object.defineProperties({} as T, members);
}

/** The names of an object's own members and of those of its classes. */
function membersOf(target: object): Set<string> {
  const names = new Set<string>();
  for (
    let at: object | null = target;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  names.delete("constructor");
  return names;
}

/**
 * What is thrown in place of `cause`, which a plugin threw: a PluginError. Errors of tauplus and
 * interruptions pass as they are, and a lack of memory or a lost device is the device's.
 */
export function blamed(
  { kind, name }: { readonly kind: Kind; readonly name?: string },
  where: string,
  cause: unknown,
  signal?: AbortSignal,
): unknown {
  if (cause instanceof TauplusError || cause instanceof Interrupted || signal?.aborted) {
    return cause;
  }
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  const who = name === undefined ? kind : `${kind} ${name}`;
  return deviceFailure(cause) ?? new PluginError({
    fault: `The ${who} threw in ${where}: ${text.split("\n")[0].replace(/\.$/, "")}.`,
    next: "The plugin is at fault; --verbose shows where.",
    cause,
  });
}
