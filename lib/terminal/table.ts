/**
 * Plain tables for the terminal.
 *
 * @module
 */

/**
 * Rows under a head, columns padded to align.
 *
 * @param left how many columns, from the first, are texts and align to the left; the others are
 * numbers and align to the right.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  left = 1,
): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) =>
      column < left ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
    ).join("   ").trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("   ");
  return [line(head), rule, ...rows.map(line)].join("\n");
}
