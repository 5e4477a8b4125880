/** Understands a command line without doing it. */
import { parseCommandLine } from "../../lib/command_line/arguments.ts";
import type { Command } from "../../lib/command_line/command.ts";
import { COMMANDS } from "../../lib/command_line/commands.ts";
import { readLayer } from "../../lib/command_line/layer.ts";
import { type Layer, resolveConfig } from "../../lib/config.ts";
import { DataError } from "../../lib/errors.ts";
import { flagsOf } from "../../lib/options.ts";
import { loadRegistry } from "../../lib/registry.ts";

/**
 * Resolves the options of a command, as `["train", "--tau_plus=0.1"]`, strictly and against its
 * plugins. Throws what the command itself would throw for an unknown flag or a wrong value, but not
 * for a run or a file of weights that is not there.
 */
export async function checkCommand([name, ...args]: readonly string[]): Promise<void> {
  const { command } = await COMMANDS[name].load();
  const booleans = flagsOf(command.spec.options).filter(({ boolean }) => boolean);
  const { words, flags, plugins, help } = parseCommandLine(args, booleans.map(({ name }) => name));
  if (help) return;
  if (words.length > (command.maxWords ?? 0)) throw new Error(`${name} takes no word ${words}`);
  const { config: file, ...texts } = flags;
  const named = command.rewrite?.(texts, words) ?? texts;
  const registry = await loadRegistry(plugins);
  const layers: Layer[] = [
    ...await lowerLayers(command, named),
    ...(file === undefined ? [] : [await readLayer(file)]),
    { source: "the command line", values: named, text: true },
  ];
  await resolveConfig(command.spec, await command.first?.(layers, registry) ?? layers, registry);
}

async function lowerLayers(command: Command, named: Record<string, unknown>): Promise<Layer[]> {
  try {
    return await command.layers?.(named) ?? [];
  } catch (error) {
    const missing = error instanceof DataError ||
      error instanceof Error && error.message.startsWith("Cannot find the latest run");
    if (missing) return [];
    throw error;
  }
}
