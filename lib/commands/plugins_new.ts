/**
 * `plugins new KIND NAME`: a plugin that works, with its test.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { KINDS, type Registry } from "../registry.ts";
import { type NewPlugin, newPlugin } from "../scaffold/new_plugin.ts";
import { checkKind, checkName } from "../scaffold/plugin_name.ts";

/** Writes the plugin; throws a UsageError where the words or the folder do not allow it. */
export async function writePlugin(
  words: readonly string[],
  folder: string,
  registry: Registry,
): Promise<NewPlugin> {
  const [word, name] = words;
  if (word === undefined || name === undefined) {
    throw new UsageError({
      act: "write a new plugin",
      rule: `its kind (${KINDS.join(", ")}) and a name must follow`,
      got: words.join(" "),
      next: "Try `deno task plugins new objective hinge`.",
    });
  }
  const kind = checkKind(word);
  checkName(kind, name, registry.names(kind));
  return await newPlugin(kind, name, folder);
}

/** What was written and what to do next, for the terminal. */
export function newPluginText({ kind, name, files, next }: NewPlugin): string {
  const width = Math.max(...next.map(({ what }) => what.length));
  return [
    `The ${kind} ${name} is written:`,
    "",
    ...files.map((file) => `  ${file}`),
    "",
    "Next:",
    "",
    ...next.map(({ what, command }) => `  ${what.padEnd(width)}   ${command}`),
  ].join("\n");
}
