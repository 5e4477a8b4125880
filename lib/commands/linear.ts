/**
 * `linear`: a linear classifier on a frozen encoder.
 *
 * @module
 */
import { probeCommand } from "./probe.ts";
import type { Command } from "./command.ts";
import type { restoreOptions } from "./restore.ts";

/** The command. */
export const command: Command<typeof restoreOptions> = probeCommand("linear");
