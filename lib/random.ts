/**
 * The only source of randomness: Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011), a counter-based generator. A stream is named by a path
 * of integers, so what it yields depends on nothing that ran before; and the rounds are additions,
 * rotations and exclusive-ors of 32-bit words, so a shader computes the same numbers.
 *
 * @module
 */

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/**
 * Threefry-2x32-20: encrypts the counter (c0, c1) under the key (k0, k1). All are 32-bit words.
 *
 * @example The first test vector of the authors' Random123
 * ```ts
 * import { threefry2x32 } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(threefry2x32(0, 0, 0, 0), [0x6b200159, 0x99ba4efe]);
 * ```
 */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number): [number, number] {
  const keys = [k0, k1, k0 ^ k1 ^ 0x1bd11bda];
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  for (let round = 0; round < 20; round++) {
    const r = ROTATIONS[round % 8];
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0;
    if (round % 4 === 3) {
      const s = (round + 1) / 4;
      x0 = (x0 + keys[s % 3]) | 0;
      x1 = (x1 + keys[(s + 1) % 3] + s) | 0;
    }
  }
  return [x0 >>> 0, x1 >>> 0];
}

/** A stream of random numbers. */
export interface Rng {
  /** The next 32 random bits, as an integer in [0, 2³²). */
  uint32(): number;
  /** Uniform in [0, 1) with 24 random bits, so exact in float32. */
  uniform(): number;
  /** A uniform integer in [0, n), n ≤ 2³², without modulo bias. */
  int(n: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** A uniformly random order of 0 … n − 1 (Fisher–Yates). */
  permutation(n: number): Uint32Array;
  /** The stream named by this one's path and one more word; independent of what was drawn. */
  fold(word: number): Rng;
}

/**
 * The stream of a seed and a path of integers, such as `rng(seed, epoch, index, view)`.
 *
 * Each word of the path is folded into the key: key ← Threefry(key, (word, depth)). Seeds are
 * taken modulo 2⁶⁴ and words modulo 2³².
 *
 * @example Numbers that depend on their path alone
 * ```ts
 * import { rng } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const [seed, epoch, index] = [0, 3, 17];
 * const first = rng(seed, epoch, index).uniform(); // in [0, 1)
 * rng(seed, epoch, index + 1).permutation(10); // draws from another stream
 * assertEquals(rng(seed, epoch, index).uniform(), first);
 * assertEquals(rng(seed, epoch).fold(index).uniform(), first);
 * ```
 */
export function rng(seed: number, ...path: number[]): Rng {
  return new Stream(streamKey(seed, ...path), path.length);
}

/**
 * The key of `rng(seed, ...path)`, two 32-bit words, for a shader to fold the rest of a path into.
 *
 * @example Fold one more word, as a shader does
 * ```ts
 * import { streamKey, threefry2x32 } from "@tauplus/tauplus";
 * import { assertEquals } from "@std/assert";
 *
 * const [epoch, index, depth] = [3, 17, 2];
 * const [k0, k1] = streamKey(0, epoch);
 * assertEquals(threefry2x32(k0, k1, index, depth), streamKey(0, epoch, index));
 * ```
 */
export function streamKey(seed: number, ...path: number[]): [number, number] {
  let key: [number, number] = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
  path.forEach((word, depth) => key = threefry2x32(key[0], key[1], word >>> 0, depth + 1));
  return key;
}

class Stream implements Rng {
  #key: [number, number];
  #depth: number;
  #counter = 0;
  #spare: number | undefined;

  constructor(key: [number, number], depth: number) {
    this.#key = key;
    this.#depth = depth;
  }

  uint32(): number {
    if (this.#spare !== undefined) {
      const word = this.#spare;
      this.#spare = undefined;
      return word;
    }
    const [a, b] = threefry2x32(this.#key[0], this.#key[1], this.#counter++, 0);
    this.#spare = b;
    return a;
  }

  uniform(): number {
    return (this.uint32() >>> 8) / 2 ** 24;
  }

  int(n: number): number {
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const word = this.uint32();
      if (word < limit) return word % n;
    }
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  fold(word: number): Rng {
    const depth = this.#depth + 1;
    return new Stream(threefry2x32(this.#key[0], this.#key[1], word >>> 0, depth), depth);
  }
}

/**
 * First words of the paths, one per use, so that no two uses share a stream. Views are the
 * exception: their path is (epoch, index, view) itself, behind `STREAM.views`.
 */
export const STREAM = {
  weights: 1,
  order: 2,
  views: 3,
  dataset: 4,
  probe: 5,
  plugin: 6,
  report: 7,
} as const;
