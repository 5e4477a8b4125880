/**
 * What a command is, what it is given, and what it outputs: text for a person,
 * or with `--json` one JSON document on standard output for a program. Remarks and progress go to
 * standard error either way.
 *
 * @module
 */
import type { z } from "zod";
import type { Config, ConfigSpec, Groups, Layer } from "../config.ts";
import type { Registry } from "../registry.ts";
import type { ProgressBar } from "../terminal/progress.ts";
import { Interrupted, TauplusError } from "../errors.ts";
import { jsonText } from "../files.ts";
import { printOut } from "../terminal/print.ts";

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
  /** Whether it opens runs and loads the plugins that they name, so that it heeds `--trust`. */
  readonly opensRuns?: boolean;
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

/** Where results and errors go. */
export interface Output {
  /**
   * Gives the one result of a command.
   *
   * @param value what JSON can say; it is the document with `--json`
   * @param text the same for a person
   */
  result<T>(value: T, text: (value: T) => string): void;
  /** With `--json`, the error as the document, unless there is a result: that stands. */
  failure(error: unknown): void;
}

/** Makes the output of one command. */
export function output(json: boolean): Output {
  let given = false;
  const give = (text: string) => {
    if (given) throw new TypeError("A command gives one result");
    given = true;
    printOut(text);
  };
  return {
    result: (value, text) => give(json ? document(value) : text(value)),
    failure(error) {
      if (json && !given) give(document({ error: errorValue(error) }));
    },
  };
}

interface ErrorValue {
  /** The class, as `UsageError`. */
  readonly name: string;
  /** What went wrong, a sentence. */
  readonly message: string;
  /** What to do next, where that is known. */
  readonly next?: string;
  readonly exitCode: number;
}

function errorValue(error: unknown): ErrorValue {
  if (error instanceof TauplusError) {
    const { name, fault, next, exitCode } = error;
    return { name, message: fault, next, exitCode };
  }
  if (error instanceof Interrupted) {
    return { name: error.name, message: error.message, exitCode: error.exitCode };
  }
  return error instanceof Error
    ? { name: error.name, message: error.message, exitCode: 1 }
    : { name: "Error", message: String(error), exitCode: 1 };
}

const document = (value: unknown) => jsonText(value).trimEnd();
