/**
 * Writes WebAssembly: just enough of the binary format for loops over float32 vectors. Code is a
 * list of bytes; a function takes 32-bit integers (addresses in bytes, counts) and returns nothing.
 * Instructions and encodings are those of the WebAssembly specification, release 3.0.
 *
 * @module
 */

export type Code = readonly number[];

export interface WasmFunction {
  readonly name: string;
  /** How many parameters, the first locals; all i32. */
  readonly params: number;
  /** How many i32 locals follow. */
  readonly integers: number;
  /** How many v128 locals follow. */
  readonly vectors: number;
  readonly body: Code;
}

/** An unsigned number in LEB128, the format's variable-length encoding. */
function leb(value: number): number[] {
  const bytes = [];
  do {
    const rest = value >>> 7;
    bytes.push((value & 127) | (rest ? 128 : 0));
    value = rest;
  } while (value);
  return bytes;
}

/** A signed number in LEB128. */
function signedLeb(value: number): number[] {
  const bytes = [];
  for (;;) {
    const byte = value & 127;
    value >>= 7;
    if ((value === 0 && !(byte & 64)) || (value === -1 && (byte & 64))) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

const simd = (opcode: number, ...rest: number[]): Code => [0xfd, ...leb(opcode), ...rest];
const access = (opcode: number) => (offset = 0): Code => simd(opcode, 0, ...leb(offset));

/** The instructions, named as in the text format. */
export const wasm = {
  get: (local: number): Code => [0x20, ...leb(local)],
  set: (local: number): Code => [0x21, ...leb(local)],
  const: (value: number): Code => [0x41, ...signedLeb(value)],
  add: [0x6a] as Code,
  sub: [0x6b] as Code,
  and: [0x71] as Code,
  shiftRight: [0x76] as Code,
  /** Reads four floats at the address on the stack plus `offset` bytes. */
  load: access(0x00),
  /** Reads one float into all four lanes. */
  loadSplat: access(0x09),
  /** Reads one float into the first lane, zeros elsewhere. */
  loadFirst: access(0x5c),
  /** Writes four floats; address and vector are on the stack. */
  store: access(0x0b),
  /** Writes the first lane. */
  storeFirst: (offset = 0): Code => simd(0x5a, 0, ...leb(offset), 0),
  /** Four zeros. */
  zeros: simd(0x0c, ...new Array(16).fill(0)),
  addVectors: simd(0xe4),
  /** a·b + c, in one rounding or two, as the processor does it fastest. */
  multiplyAdd: simd(0x105),
  /** Runs the body while the counter, decremented after it, is not zero; not at all if it is. */
  repeat: (counter: number, body: Code): Code => [
    ...wasm.get(counter),
    ...[0x04, 0x40, 0x03, 0x40], // if, loop
    ...body,
    ...wasm.get(counter),
    ...wasm.const(1),
    ...wasm.sub,
    ...[0x22, ...leb(counter)], // local.tee
    ...[0x0d, 0x00, 0x0b, 0x0b], // br_if, end, end
  ],
  /** Runs one of two bodies. */
  branch: (local: number, then: Code, otherwise: Code): Code => [
    ...wasm.get(local),
    ...[0x04, 0x40],
    ...then,
    0x05,
    ...otherwise,
    0x0b,
  ],
  /** local ← local + amount, a constant or another local. */
  advance: (local: number, amount: number | { local: number }): Code => [
    ...wasm.get(local),
    ...(typeof amount === "number" ? wasm.const(amount) : wasm.get(amount.local)),
    ...wasm.add,
    ...wasm.set(local),
  ],
};

/** The bytes of a module that imports the memory `env.memory` and exports the functions. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, items: number[][]) => {
    const content = [...leb(items.length), ...items.flat()];
    return [id, ...leb(content.length), ...content];
  };
  const name = (text: string) => [...leb(text.length), ...new TextEncoder().encode(text)];
  const [i32, v128] = [0x7f, 0x7b];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, functions.map((f) => [0x60, ...leb(f.params), ...Array(f.params).fill(i32), 0])),
    ...section(2, [[...name("env"), ...name("memory"), 0x02, 0x00, 0x00]]),
    ...section(3, functions.map((_, index) => leb(index))),
    ...section(7, functions.map((f, index) => [...name(f.name), 0x00, ...leb(index)])),
    ...section(
      10,
      functions.map((f) => {
        const code = [2, ...leb(f.integers), i32, ...leb(f.vectors), v128, ...f.body, 0x0b];
        return [...leb(code.length), ...code];
      }),
    ),
  ]);
}
