/**
 * The box of a random crop, to the pixel the same on every device: its sides are decided in whole
 * numbers, never by rounding a floating-point square root.
 *
 * A crop of the share s of an area H·W at ratio r = width/height has height round(√(HWs/r)) and width
 * round(√(HWs·r)). In logarithms to base 2, as fixed point with 24 bits after the point, a side is
 * the largest k with log₂(k − ½)² ≤ log₂ HW + log₂ s ∓ log₂ r. The draws have 24 bits, s has 32.
 *
 * @module
 */
import type { CropAttributes } from "../kernels/calls.ts";
import type { ViewOptions } from "./options.ts";

/** A box of whole pixels. */
export interface CropBox {
  /** First row. */
  readonly top: number;
  /** First column. */
  readonly left: number;
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/** What decides the boxes of all crops of images of one size. */
export type CropRule = Omit<CropAttributes, "tries">;

/** The rule for images of height × width pixels, each less than 2¹⁵. */
export function cropRule(height: number, width: number, options: ViewOptions): CropRule {
  const { cropScaleMin, cropScaleMax, cropRatioMin, cropRatioMax } = options;
  const share = (scale: number) => Math.min(2 ** 32 - 1, Math.max(1, Math.round(scale * 2 ** 32)));
  // Beyond 2^±31 no box fits anyway.
  const logRatio = (r: number) => Math.round(Math.min(31, Math.max(-31, Math.log2(r))) * ONE);
  let h = height;
  let w = width;
  if (width / height < cropRatioMin) h = Math.max(1, roundHalfToEven(width / cropRatioMin));
  else if (width / height > cropRatioMax) w = Math.max(1, roundHalfToEven(height * cropRatioMax));
  return {
    scaleMin: share(cropScaleMin),
    scaleSpan: share(cropScaleMax) - share(cropScaleMin),
    logRatioMin: logRatio(cropRatioMin),
    logRatioSpan: logRatio(cropRatioMax) - logRatio(cropRatioMin),
    logArea: Math.round(Math.log2(height * width) * ONE),
    fallback: { top: (height - h) >> 1, left: (width - w) >> 1, height: h, width: w },
  };
}

/** As Python rounds, so that the fallback is torchvision's. */
function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}

/** The sides [height, width] of a crop, from the draws of its area and its ratio (24 bits each). */
export function cropSides(rule: CropRule, area: number, ratio: number): [number, number] {
  const share = rule.scaleMin + mulHigh(rule.scaleSpan, area << 8);
  const log = rule.logArea + log2Fixed(share) - 32 * ONE;
  const logRatio = rule.logRatioMin + mulHigh(rule.logRatioSpan, ratio << 8);
  return [side(log - logRatio), side(log + logRatio)];
}

/** The first of `room` places that a draw of 24 bits chooses. */
export function cropPlace(draw: number, room: number): number {
  return mulHigh(draw << 8, room);
}

/** The largest k ≥ 0 with log₂(k − ½)² ≤ `log`, at most 2¹⁵: a guess, then put right. */
function side(log: number): number {
  let k = Math.min(2 ** 15, Math.round(2 ** (log / (2 * ONE))));
  while (k > 0 && logSquare(k) > log) k--;
  while (k < 2 ** 15 && logSquare(k + 1) <= log) k++;
  return k;
}

/** log₂(k − ½)² in units of 2⁻²⁴, 1 ≤ k ≤ 2¹⁵. */
function logSquare(k: number): number {
  return log2Fixed((2 * k - 1) ** 2) - 2 * ONE;
}

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
