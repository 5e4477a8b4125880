/**
 * The name of a new plugin: also that of its file and of its package.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Kind } from "../plugin.ts";
import { KINDS } from "../registry.ts";

/** What JSR takes as the name of a package, but for a digit at the start. */
const LONGEST = 40;
/** Names that Windows keeps for devices. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** The kind of a word. Throws a UsageError where it is none. */
export function checkKind(word: string): Kind {
  const kind = KINDS.find((kind) => kind === word);
  if (kind !== undefined) return kind;
  throw new UsageError({
    act: "write a new plugin",
    rule: `its kind must be one of ${KINDS.join(", ")}`,
    got: word,
    next: "Try `deno task plugins new objective hinge`.",
  });
}

/**
 * Throws a UsageError unless a new plugin of the kind can have the name.
 *
 * @param taken the names of the plugins there are of that kind.
 */
export function checkName(kind: Kind, name: string, taken: readonly string[]): void {
  const act = `write a new ${kind} ${name}`;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    const words = name.split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/).filter(Boolean);
    const near = words.join("-").toLowerCase().replace(/^[^a-z]+/, "");
    throw new UsageError({
      act,
      rule: "its name must be lower-case words and digits joined by -",
      got: name,
      next: near ? `Call it ${near.slice(0, LONGEST)}.` : "Call it as `cosine-hinge`.",
    });
  }
  if (name.length < 2 || name.length > LONGEST || RESERVED.test(name)) {
    throw new UsageError({
      act,
      rule: `its name is that of a file and a package, of 2 to ${LONGEST} characters, and ` +
        "no device of Windows",
      got: name,
      next: "Choose another name.",
    });
  }
  if (taken.includes(name)) {
    throw new UsageError({
      act,
      rule: "the name is taken",
      next: `Choose another name; \`deno task plugins show ${name}\` shows the one there is.`,
    });
  }
}
