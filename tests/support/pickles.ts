/** Pickles and files of PyTorch's legacy layout, written by hand for a test. */

/** A text of Latin-1 as bytes: `\x80\x02N.` is a pickle of None. */
export function latin(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** A short text as a pickle has it. */
export function pickled(text: string): string {
  return `X${u32(text.length)}${text}`;
}

/** A storage's persistent id, which makes it; `elements` of the class `kind`. */
export function storage(key: string, elements: number, kind = "torch\nFloatStorage"): string {
  return `(${pickled("storage")}c${kind}\n${pickled(key)}${pickled("cpu")}J${u32(elements)}tQ`;
}

/** A tensor of a storage. */
export function tensor(
  storage: string,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): string {
  const tuple = (numbers: readonly number[]) => `(${numbers.map((n) => `J${u32(n)}`).join("")}t`;
  const args = `(${storage}J${u32(offset)}${tuple(shape)}${tuple(strides)}\x89}t`;
  return `ctorch._utils\n_rebuild_tensor_v2\n${args}R`;
}

/** A dict of texts to what is pickled already. */
export function dict(items: Readonly<Record<string, string>>): string {
  return `}(${Object.entries(items).map(([key, value]) => pickled(key) + value).join("")}u`;
}

/** What a file of the legacy layout has before the object. */
export const LEGACY_START = "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + "\x80\x02M\xe9\x03." +
  `\x80\x02${dict({ little_endian: "\x88" })}.`;

/** A file of the legacy layout: the object's pickle without its end, and the storages by key. */
export function legacy(
  object: string,
  storages: Readonly<Record<string, readonly number[]>> = {},
): Uint8Array<ArrayBuffer> {
  const keys = `](${Object.keys(storages).map(pickled).join("")}e`;
  const floats = Object.values(storages).map((values) =>
    u32(values.length) + u32(0) +
    String.fromCharCode(...new Uint8Array(Float32Array.from(values).buffer))
  );
  return latin(`${LEGACY_START}\x80\x02${object}.\x80\x02${keys}.${floats.join("")}`);
}

/** A 32-bit integer, little-endian. */
export function u32(n: number): string {
  return String.fromCharCode(...[0, 8, 16, 24].map((shift) => n >>> shift & 0xff));
}
