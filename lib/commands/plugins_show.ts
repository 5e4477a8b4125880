/**
 * `plugins list` and `plugins show NAME`.
 *
 * @module
 */
import { z } from "zod";
import { UsageError } from "../errors.ts";
import { flagsOf, showShort } from "../options.ts";
import type { Kind, Plugin } from "../plugin.ts";
import { KINDS, type Registry } from "../registry.ts";
import { table } from "../terminal/text.ts";

export interface PluginLine {
  readonly kind: Kind;
  readonly name: string;
  readonly summary: string;
}

export async function listPlugins(registry: Registry): Promise<PluginLine[]> {
  const lines: PluginLine[] = [];
  for (const kind of KINDS) {
    for (const name of registry.names(kind)) {
      const { summary } = await registry.get(kind, name);
      lines.push({ kind, name, summary });
    }
  }
  return lines;
}

/** The list of plugins as text for the terminal. */
export function listText(lines: readonly PluginLine[]): string {
  const rows = lines.map(({ name, kind, summary }) => [name, kind, summary]);
  return table(["plugin", "kind", "what it is"], rows, 3);
}

/**
 * The plugins of a name, which more than one kind can have.
 *
 * @param act what is done with it, for the error: `show`.
 */
export async function findPlugins(
  registry: Registry,
  name: string,
  act: string,
): Promise<Plugin[]> {
  const kinds = KINDS.filter((kind) => registry.names(kind).includes(name));
  if (kinds.length > 0) return await Promise.all(kinds.map((kind) => registry.get(kind, name)));
  throw new UsageError({
    act: `${act} the plugin ${name}`,
    rule: "there is no such plugin",
    next: "Run `deno task plugins` for all; one in a file is named as ./hinge.ts.",
  });
}

/** A plugin as data: its options as a JSON Schema, by key. */
export function describePlugin({ kind, name, summary, options }: Plugin): PluginDetails {
  const schema = z.toJSONSchema(options, { io: "input", unrepresentable: "any" });
  return { kind, name, summary, options: schema };
}

export interface PluginDetails extends PluginLine {
  /** The JSON Schema of its options. */
  readonly options: unknown;
}

/** A plugin with its flags, for the terminal. */
export function detailsText({ kind, name, summary, options }: Plugin): string {
  const head = `${kind} ${name}: ${summary}`;
  const flags = flagsOf(options);
  if (flags.length === 0) return `${head}\n\nIt has no options.`;
  const rows = flags.map((flag) => [
    `--${flag.name}`,
    flag.default === undefined ? "none" : showShort(flag.default),
    flag.rule,
    flag.description,
  ]);
  return `${head}\n\n${table(["option", "default", "value", "what it does"], rows, 4)}`;
}
