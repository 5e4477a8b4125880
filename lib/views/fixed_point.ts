/**
 * Arithmetic on 32-bit words that gives the same bits in TypeScript and in a shader, where floating
 * point would not: no shading language promises a logarithm, a square root or even a product to the
 * last bit. `lib/kernels/webgpu/views_draw.ts` has the same functions in WGSL.
 *
 * @module
 */

/** One, in the fixed point of logarithms. */
export const ONE: number = 2 ** 24;

/** ⌊a·b/2³²⌋ of unsigned words. */
export function mulHigh(a: number, b: number): number {
  const a1 = a >>> 16, a0 = a & 0xffff;
  const b1 = b >>> 16, b0 = b & 0xffff;
  const upper = a1 * b0 + ((a0 * b0) >>> 16);
  const lower = a0 * b1 + (upper & 0xffff);
  return a1 * b1 + (upper >>> 16) + (lower >>> 16);
}

/**
 * log₂(x)·2²⁴ of a word x ≥ 1, rounded down, up to an error of 2⁻²⁸: each squaring of the mantissa
 * brings out one bit.
 */
export function log2Fixed(x: number): number {
  const zeros = Math.clz32(x);
  let mantissa = (x << zeros) >>> 0; // in units of 2⁻³¹: 1 … 2
  let result = 31 - zeros;
  for (let bit = 0; bit < 24; bit++) {
    const square = mulHigh(mantissa, mantissa); // in units of 2⁻³⁰
    const carry = square >>> 31;
    mantissa = carry ? square : (square << 1) >>> 0;
    result = 2 * result + carry;
  }
  return result;
}
