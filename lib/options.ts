/**
 * Options from one zod schema: the flags, their help and the checked values.
 *
 * An option `tauPlus` of a schema is the flag `--tau_plus`; `--tau-plus` means the same.
 *
 * @module
 */
import { resolve } from "node:path";
import { z } from "zod";
import { UsageError } from "./errors.ts";
import { type Facts, UNKNOWN } from "./facts.ts";

/** A file, a folder, or the folder of a run: `.meta({ format: "directory-path" })`. */
export type Place = "file-path" | "directory-path" | "run-path";

/** An option as the command line sees it. */
export interface Flag {
  /** The key in the schema: `tauPlus`. */
  readonly key: string;
  /** The name on the command line and in files: `tau_plus`. */
  readonly name: string;
  /** What a value is: `a number from 0 to below 1`. */
  readonly rule: string;
  readonly description: string;
  /** The values there are, or of an open set those that come with the package. */
  readonly choices?: readonly string[];
  /** What a text names on the disk. */
  readonly place?: Place;
  /** The default, undefined where there is none. */
  readonly default: unknown;
  /** Whether a bare `--flag` means true. */
  readonly boolean: boolean;
  /** How a text becomes a value. */
  readonly type: "boolean" | "number" | "string" | "path" | "array";
  /** The type of the elements of an array. */
  readonly items?: "number" | "string";
  /** What else is true of it. */
  readonly facts: Facts;
}

/** The part of JSON Schema that options use. */
interface Property {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  /** Set by `.meta({ examples })`. */
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly items?: Property;
  /** Set by `.meta({ path: true })`: a path, which is kept as an absolute one. */
  readonly path?: boolean;
  /** Set by `.meta(facts(…))`. */
  readonly facts?: Partial<Facts>;
}

/** `tauPlus` → `tau_plus`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => "_" + letter.toLowerCase());
}

/**
 * The flags of a schema, in its order.
 *
 * @param unstated the facts of an option that states none.
 */
export function flagsOf(schema: z.ZodObject, unstated: Facts = UNKNOWN): Flag[] {
  const properties: Record<string, Property> = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
  }).properties as
    & Record<string, Property>
    & object;
  return Object.entries(properties).map(([key, property]) => ({
    key,
    name: flagName(key),
    rule: ruleOf(property),
    description: property.description ?? "",
    default: property.default,
    boolean: property.type === "boolean",
    type: typeOf(property),
    ...(property.type === "array" && { items: itemsOf(property) }),
    ...choicesOf(property),
    ...placeOf(property),
    facts: { ...unstated, ...property.facts },
  }));
}

function choicesOf({ enum: values, examples, items }: Property): Pick<Flag, "choices"> {
  const choices = values ?? examples ?? items?.enum;
  return choices ? { choices: choices.map(String) } : {};
}

function placeOf({ format }: Property): Pick<Flag, "place"> {
  const places: readonly Place[] = ["file-path", "directory-path", "run-path"];
  const place = places.find((place) => place === format);
  return place ? { place } : {};
}

/** A flag's text as a value for its schema; what does not parse is left for the schema to refuse. */
export function parseText(flag: Flag, text: string): unknown {
  switch (flag.type) {
    case "boolean":
      // The reference's users write True and False, as Python does.
      if (/^(true|)$/i.test(text)) return true;
      return text.toLowerCase() === "false" ? false : text;
    case "number":
      return toNumber(text);
    case "path":
      return text === "" ? "" : resolve(text);
    case "array":
      return text === ""
        ? []
        : text.split(",").map((part) => flag.items === "number" ? toNumber(part) : part.trim());
    default:
      return text;
  }
}

/**
 * Values checked by the schema, defaults filled in.
 *
 * @param label how a person names an option, such as `--objective.tau_plus`.
 * @throws UsageError naming the first option that is wrong.
 */
export function checkOptions<S extends z.ZodObject>(
  schema: S,
  values: Readonly<Record<string, unknown>>,
  label: (flag: Flag) => string = (flag) => `--${flag.name}`,
): z.output<S> {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const flags = flagsOf(schema);
  const flag = flags.find((flag) => flag.key === issue.path[0]);
  if (!flag) {
    const unknown = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
    throw new UsageError({
      act: unknown ? `set ${unknown}` : "use these options together",
      rule: unknown ? "there is no such option" : issue.message,
      next: `The options are ${flags.map((flag) => flag.key).join(", ") || "none"}.`,
    });
  }
  // A custom check has a message of its own; the others are said better by the rule.
  const rule = issue.code === "custom" ? issue.message : `it must be ${flag.rule}`;
  throw new UsageError({
    act: `set ${label(flag)}`,
    rule,
    got: values[flag.key],
    next: flag.default === undefined
      ? "Run with --help=all for all options."
      : `The default is ${showShort(flag.default)}; run with --help=all for all options.`,
  });
}

/** A value as it would be written after `--flag=`. */
export function showValue(value: unknown): string {
  if (Array.isArray(value)) return value.join(",");
  return value === "" ? '""' : String(value);
}

/** The same for a person, with the first digits of a number: 1.333 for 4/3. */
export function showShort(value: unknown): string {
  return showValue(typeof value === "number" ? Number(value.toPrecision(4)) : value);
}

function toNumber(text: string): unknown {
  const value = Number(text);
  return text.trim() === "" || Number.isNaN(value) ? text : value;
}

function typeOf(property: Property): Flag["type"] {
  if (property.path) return "path";
  if (property.type === "integer") return "number";
  const { type } = property;
  return type === "boolean" || type === "number" || type === "array" ? type : "string";
}

function itemsOf(property: Property): "number" | "string" {
  return property.items?.type === "number" || property.items?.type === "integer"
    ? "number"
    : "string";
}

function ruleOf(property: Property): string {
  if (property.enum) return `one of ${property.enum.join(", ")}`;
  switch (property.type) {
    case "boolean":
      return "true or false";
    case "array":
      return `${itemsOf(property) === "number" ? "numbers" : "texts"} joined by commas`;
    case "integer":
    case "number":
      return (property.type === "integer" ? "a whole number" : "a number") + rangeOf(property);
    default:
      return "a text";
  }
}

function rangeOf(property: Property): string {
  // Zod bounds every integer by the safe ones; that is no rule for a person.
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = property;
  const low = exclusiveMinimum !== undefined
    ? `above ${exclusiveMinimum}`
    : minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER
    ? `from ${minimum}`
    : "";
  const high = exclusiveMaximum !== undefined
    ? `below ${exclusiveMaximum}`
    : maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
    ? `to ${maximum}`
    : "";
  if (low && high) return ` ${low} ${exclusiveMaximum !== undefined ? "to " : ""}${high}`;
  if (low.startsWith("from")) return ` of at least ${minimum}`;
  if (high.startsWith("to")) return ` of at most ${maximum}`;
  return low || high ? ` ${low}${high}` : "";
}
