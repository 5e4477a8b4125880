/**
 * Looking up names that are from outside.
 *
 * @module
 */

/**
 * What a record has under a name; undefined where it has nothing of its own there, as under
 * `constructor`, which every object inherits.
 */
export function own<T>(
  record: Readonly<Record<string, T>> | undefined,
  name: string,
): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}
