/**
 * What a command outputs: text for a person, or with `--json` one JSON document
 * on standard output for a program. Remarks and progress go to standard error either way.
 *
 * @module
 */
import { Interrupted, TauplusError } from "../errors.ts";
import { jsonText } from "../run/json_text.ts";
import { say } from "../terminal/say.ts";

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
    say(text);
  };
  return {
    result: (value, text) => give(json ? document(value) : text(value)),
    failure(error) {
      if (json && !given) give(document({ error: errorValue(error) }));
    },
  };
}

export interface ErrorValue {
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
