/**
 * Names that are from outside: looking them up, and what somebody may have meant.
 *
 * @module
 */
import { closest, distance } from "fastest-levenshtein";

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

/**
 * Of some names, the one that a wrong one is near to: its first word or words, its initials (`lr` for
 * `learning_rate`), its letters in another order (`trian`), or one letter in three otherwise;
 * undefined where none is near.
 */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll("-", "_");
  const wanted = plain(name);
  if (names.length === 0 || wanted === "") return;
  const begins = names.find((other) => wanted.length > 2 && plain(other).startsWith(`${wanted}_`));
  const initials = names.find((other) =>
    wanted.length > 1 && plain(other).split("_").map((word) => word[0]).join("") === wanted
  );
  const sorted = (text: string) => [...text].sort().join("");
  const turned = names.find((other) =>
    wanted.length > 3 && sorted(plain(other)) === sorted(wanted)
  );
  const found = begins ?? initials ?? turned;
  if (found !== undefined) return found;
  const near = closest(wanted, names.map(plain));
  const most = Math.floor(Math.max(wanted.length, near.length) / 3);
  return distance(wanted, near) <= most ? names.find((other) => plain(other) === near) : undefined;
}

/** `Did you mean NAME? `, or nothing where no name is near. */
export function didYouMean(
  name: string,
  names: readonly string[],
  write: (near: string) => string = (near) => near,
): string {
  const near = nearest(name, names);
  return near === undefined ? "" : `Did you mean ${write(near)}? `;
}
