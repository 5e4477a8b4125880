/**
 * JSON as it is in files.
 *
 * @module
 */
import type { ParseError } from "jsonc-parser";

/** A value as the text of a JSON file: indented by two, with a last newline. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

/**
 * Parses a JSON file of any of the encodings that editors and shells on Windows write: UTF-8 with or
 * without a byte order mark, or UTF-16.
 *
 * @throws SyntaxError that says where it is wrong: `line 3, column 5: comma expected`
 */
export async function parseJson(bytes: Uint8Array): Promise<unknown> {
  const [a, b] = bytes;
  const encoding = a === 0xff && b === 0xfe
    ? "utf-16le"
    : a === 0xfe && b === 0xff
    ? "utf-16be"
    : "utf-8";
  const text = new TextDecoder(encoding).decode(bytes);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { parse, printParseErrorCode } = await import("jsonc-parser");
    const errors: ParseError[] = [];
    parse(text, errors, { disallowComments: true });
    if (errors.length === 0) throw cause;
    const [{ error, offset }] = errors;
    const before = text.slice(0, offset).split("\n");
    const what = printParseErrorCode(error).replace(/\B[A-Z]/g, (letter) => ` ${letter}`);
    throw new SyntaxError(
      `line ${before.length}, column ${before.at(-1)!.length + 1}: ${what.toLowerCase()}`,
      { cause },
    );
  }
}
