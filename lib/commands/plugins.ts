/**
 * `plugins`: lists all plugins, shows one's options, writes a new one, and checks what a good one
 * holds.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../facts.ts";
import { UsageError } from "../errors.ts";
import { KINDS, type Registry } from "../registry.ts";
import type { Command } from "../command_line/command.ts";
import { describePlugin, detailsText, findPlugins, listPlugins, listText } from "./plugins_show.ts";
import { deviceOption } from "./shared/run_options.ts";
import { type NewPlugin, newPlugin } from "../scaffold/new_plugin.ts";
import { checkKind, checkName } from "../scaffold/new_plugin.ts";

const options = z.strictObject({
  to: z.string().min(1).default(".").describe("new: the folder to write to")
    .meta({ ...facts("call"), format: "directory-path" }),
  device: deviceOption,
  options: z.string().default("{}").describe(
    "check: options of the plugin as a JSON object; the others have their defaults",
  ).meta(facts("call")),
});

export const command: Command<typeof options> = {
  words: "[list | show NAME | new KIND NAME | check NAME]",
  names: (registry) => KINDS.flatMap((kind) => registry.names(kind)),
  maxWords: 3,
  spec: { options, roles: {} },
  async run(context) {
    const { words: [verb = "list", ...words], registry, config, result } = context;
    if (verb === "list" && words.length === 0) {
      result(await listPlugins(registry), listText);
    } else if (verb === "show" && words.length === 1) {
      const plugins = await findPlugins(registry, words[0], "show");
      result(plugins.map(describePlugin), () => plugins.map(detailsText).join("\n\n"));
    } else if (verb === "new") {
      result(await writePlugin(words, config.options.to, registry), newPluginText);
    } else if (verb === "check" && words.length === 1) {
      const { checkNamed, refuseFailed } = await import("./plugins_check.ts");
      const { reportText } = await import("../plugin_check/check.ts");
      const { device, options } = config.options;
      const reports = await checkNamed({ named: words[0], device, options }, context);
      result(reports, () => reports.map(reportText).join("\n\n"));
      refuseFailed(reports);
    } else {
      throw new UsageError({
        act: "run plugins",
        rule: "the words after it must be list, show NAME, new KIND NAME or check NAME",
        got: [verb, ...words].join(" "),
        next: "Try `deno task plugins show debiased`.",
      });
    }
  },
};

/** Writes the plugin; throws a UsageError where the words or the folder do not allow it. */
async function writePlugin(
  words: readonly string[],
  folder: string,
  registry: Registry,
): Promise<NewPlugin> {
  const [word, name] = words;
  if (word === undefined || name === undefined) {
    throw new UsageError({
      act: "write a new plugin",
      rule: `it needs a kind (${KINDS.join(", ")}) and a name`,
      got: words.join(" "),
      next: "Try `deno task plugins new objective hinge`.",
    });
  }
  const kind = checkKind(word);
  checkName(kind, name, registry.names(kind));
  return await newPlugin(kind, name, folder);
}

/** What was written and what to do next, for the terminal. */
function newPluginText({ kind, name, files, next }: NewPlugin): string {
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
