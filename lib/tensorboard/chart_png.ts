/**
 * A chart as a picture of pixels.
 *
 * @module
 */
import { type ChartSpec, figure } from "../report/figure.ts";

/** A picture, and its size in pixels. */
export interface Png {
  /** The file, RGB. */
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Draws a chart under a title, black on white. */
export async function chartPng(chart: ChartSpec, title: string): Promise<Png> {
  const { default: sharp } = await import("sharp");
  const svg = new TextEncoder().encode(await figure([[chart]], title));
  // 72 dots per inch is the size as drawn; twice that is sharp on the screens of today.
  const { data, info: { width, height } } = await sharp(svg, { density: 144 })
    .flatten({ background: "white" }).png().toBuffer({ resolveWithObject: true });
  return { png: new Uint8Array(data), width, height };
}
