/**
 * Which data a run is trained on: kept in its checkpoints, so that it is resumed on no other. Where
 * the data lie is no part of it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Dataset, Split } from "../plugin.ts";

const savedSplit = z.object({
  examples: z.number(),
  labels: z.string().optional(),
  names: z.string().optional(),
  contents: z.string().optional(),
});

const identity = z.object({
  shape: z.array(z.number()),
  splits: z.array(z.tuple([z.string(), savedSplit])),
});

/**
 * For each split the number of examples, and SHA-256 digests of their labels, their names and their
 * contents: of the bytes where they are in memory, else of the identity that the split states.
 */
export type DataIdentity = z.output<typeof identity>;

export async function dataIdentity({ shape, splits }: Dataset): Promise<DataIdentity> {
  const names = Object.keys(splits).sort();
  const found: DataIdentity["splits"] = [];
  for (const name of names) found.push([name, await splitIdentity(splits[name])]);
  return { shape: [...shape], splits: found };
}

/** An identity from the text in a checkpoint; undefined where there is none, as of older versions. */
export function readIdentity(text: string | undefined): DataIdentity | undefined {
  return text === undefined ? undefined : identity.parse(JSON.parse(text));
}

/** How data differ from what they were, for a person; undefined where they do not. */
export function changedData(before: DataIdentity, now: DataIdentity): string | undefined {
  if (`${before.shape}` !== `${now.shape}`) {
    return `examples of shape [${now.shape}] in place of [${before.shape}]`;
  }
  const [old, current] = [new Map(before.splits), new Map(now.splits)];
  const counts = [...new Set([...old.keys(), ...current.keys()])].flatMap((name) => {
    const [was, is] = [old.get(name)?.examples ?? 0, current.get(name)?.examples ?? 0];
    return was === is ? [] : [`${count(is)} examples in ${name} in place of ${count(was)}`];
  });
  if (counts.length > 0) return counts.join(" and ");
  for (const [name, was] of old) {
    const is = current.get(name);
    const part = (["names", "labels", "contents"] as const).find((part) =>
      was[part] !== is?.[part]
    );
    if (part !== undefined) return `as many examples in ${name}, but other ${part}`;
  }
}

async function splitIdentity(split: Split): Promise<DataIdentity["splits"][number][1]> {
  const { length, labels, names, bytes } = split;
  // Called on the split itself, which may be an instance of a class.
  const contents = bytes ?? await split.fingerprint?.();
  return {
    examples: length,
    ...(labels && { labels: digest(new Uint8Array(Int32Array.from(labels).buffer)) }),
    ...(names && { names: digest(JSON.stringify(names)) }),
    ...(contents !== undefined && { contents: digest(contents) }),
  };
}

const digest = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");

const count = (examples: number) => examples.toLocaleString("en");
