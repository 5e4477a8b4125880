/**
 * Words for commands that a person is to run.
 *
 * @module
 */

/** A text as one word of a shell: as it is where that is safe, else in quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
