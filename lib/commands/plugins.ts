/**
 * `plugins`: lists all plugins, or shows one's options.
 *
 * @module
 */
import { z } from "zod";
import { UsageError } from "../errors.ts";
import { flagsOf, showValue } from "../options.ts";
import { KINDS, type Registry } from "../registry.ts";
import type { Plugin } from "../plugin.ts";
import { table } from "../terminal/table.ts";
import type { Command } from "./command.ts";

/** The command. */
export const command: Command = {
  words: "[list | show NAME]",
  names: (registry) => KINDS.flatMap((kind) => registry.names(kind)),
  maxWords: 2,
  spec: { options: z.strictObject({}), roles: {} },
  async run({ words: [verb = "list", name], registry, result }) {
    if (verb === "list" && name === undefined) {
      result(await list(registry), listText);
    } else if (verb === "show" && name !== undefined) {
      const plugins = await find(registry, name);
      result(plugins.map(asData), () => plugins.map(show).join("\n\n"));
    } else {
      throw new UsageError({
        act: "run plugins",
        rule: "it takes list, or show and a name",
        got: [verb, name].filter((word) => word !== undefined).join(" "),
        next: "Try `deno task plugins show debiased`.",
      });
    }
  },
};

type Listed = Pick<Plugin, "name" | "kind" | "summary">;

async function list(registry: Registry): Promise<Listed[]> {
  const plugins: Listed[] = [];
  for (const kind of KINDS) {
    for (const name of registry.names(kind)) {
      plugins.push({ name, kind, summary: (await registry.get(kind, name)).summary });
    }
  }
  return plugins;
}

function listText(plugins: readonly Listed[]): string {
  const rows = plugins.map(({ name, kind, summary }) => [name, kind, summary]);
  return table(["plugin", "kind", "what it is"], rows, 3);
}

/** With the options as a JSON Schema, by key. */
function asData({ name, kind, summary, options }: Plugin) {
  const schema = z.toJSONSchema(options, { io: "input", unrepresentable: "any" });
  return { name, kind, summary, options: schema };
}

/** The plugins of a name, which more than one kind can have. */
async function find(registry: Registry, name: string): Promise<Plugin[]> {
  const kinds = KINDS.filter((kind) => registry.names(kind).includes(name));
  if (kinds.length > 0) return await Promise.all(kinds.map((kind) => registry.get(kind, name)));
  throw new UsageError({
    act: `show the plugin ${name}`,
    rule: "there is no such plugin",
    next: "Run `deno task plugins` for all.",
  });
}

function show(plugin: Plugin): string {
  const head = `${plugin.kind} ${plugin.name}: ${plugin.summary}`;
  const flags = flagsOf(plugin.options);
  if (flags.length === 0) return `${head}\n\nIt has no options.`;
  const rows = flags.map((flag) => [
    `--${flag.name}`,
    flag.default === undefined ? "none" : showValue(flag.default),
    flag.rule,
    flag.description,
  ]);
  return `${head}\n\n${table(["option", "default", "value", "what it does"], rows, 4)}`;
}
