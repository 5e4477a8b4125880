/**
 * JSON as it is written to files.
 *
 * @module
 */

/** A value as the text of a JSON file: indented by two, with a last newline. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}
