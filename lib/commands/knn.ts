/**
 * `knn`: weighted nearest neighbors on a frozen encoder.
 *
 * @module
 */
import type { runGroups } from "../open_run.ts";
import { probeCommand } from "./shared/probe.ts";
import type { Command } from "../command_line/command.ts";
import type { restoreOptions } from "./shared/restore.ts";

export const command: Command<typeof restoreOptions, typeof runGroups> = probeCommand("knn");
