/**
 * What a command is, and what it is given.
 *
 * @module
 */
import type { z } from "zod";
import type { Config, ConfigSpec, Groups, Layer } from "../config.ts";
import type { Registry } from "../registry.ts";
import type { ProgressBar } from "../terminal/progress.ts";
import type { Output } from "./output.ts";

/** What every command is given. */
export interface Context<S extends z.ZodObject = z.ZodObject, G extends Groups = Groups> {
  /** The words that are no flags. */
  readonly words: readonly string[];
  /** The resolved configuration. */
  readonly config: Config<S, G>;
  /** What it was resolved from, lowest first. */
  readonly layers: readonly Layer[];
  /** The specifiers of third parties' plugins, absolute. */
  readonly plugins: readonly string[];
  readonly registry: Registry;
  /** Whether plugins are loaded that a run of somebody else names: `--trust`. */
  readonly trust: boolean;
  /** Aborts at SIGINT, SIGTERM, SIGHUP or SIGUSR1; the reason is an Interrupted error. */
  readonly signal: AbortSignal;
  /** Shows progress. */
  readonly bar: ProgressBar;
  /**
   * Gives the command's one result: a value that JSON can say, and the same as text for a person.
   * Nothing else may go to standard output.
   */
  readonly result: Output["result"];
}

/** A command: data, and what it does. */
export interface Command<S extends z.ZodObject = z.ZodObject, G extends Groups = Groups> {
  /** What follows the name, as `[list | fetch NAME]`. */
  readonly words?: string;
  /** What the NAME among the words can be, for the completions of shells. */
  names?(registry: Registry): readonly string[];
  /** How many words it takes at most; default none. */
  readonly maxWords?: number;
  /** What can be set. */
  readonly spec: ConfigSpec<S, G>;
  /** Puts flags in other words, as the reference's in ours; the words that are no flags may help. */
  rewrite?(
    flags: Readonly<Record<string, string>>,
    words: readonly string[],
  ): Record<string, string>;
  /** The layers under the flags, given all that was named in files and flags so far. */
  layers?(named: Readonly<Record<string, unknown>>): Promise<Layer[]> | Layer[];
  /** The layers of the first configuration, where the options list several. */
  first?(layers: readonly Layer[], registry: Registry): Promise<readonly Layer[]>;
  /** Runs the command. */
  run(context: Context<S, G>): Promise<void>;
}
