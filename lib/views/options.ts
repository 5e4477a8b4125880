/**
 * The settings of the random views; the defaults are the reference recipe of debiased contrastive
 * learning (Chuang et al. 2020), which is SimCLR's on crops of 32×32.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../facts.ts";

const probability = (value: number) => z.number().min(0).max(1).default(value);
const strength = (value: number) => z.number().min(0).default(value);

/** The settings of the views, each with its default; a flat strict object as plugins' options are. */
export const viewOptions: z.ZodObject<{
  cropSize: z.ZodDefault<z.ZodInt>;
  cropScaleMin: z.ZodDefault<z.ZodNumber>;
  cropScaleMax: z.ZodDefault<z.ZodNumber>;
  cropRatioMin: z.ZodDefault<z.ZodNumber>;
  cropRatioMax: z.ZodDefault<z.ZodNumber>;
  flip: z.ZodDefault<z.ZodNumber>;
  jitter: z.ZodDefault<z.ZodNumber>;
  brightness: z.ZodDefault<z.ZodNumber>;
  contrast: z.ZodDefault<z.ZodNumber>;
  saturation: z.ZodDefault<z.ZodNumber>;
  hue: z.ZodDefault<z.ZodNumber>;
  grayscale: z.ZodDefault<z.ZodNumber>;
  blur: z.ZodDefault<z.ZodNumber>;
  blurKernel: z.ZodDefault<z.ZodInt>;
  blurSigmaMin: z.ZodDefault<z.ZodNumber>;
  blurSigmaMax: z.ZodDefault<z.ZodNumber>;
}, z.core.$strict> = z.strictObject({
  cropSize: z.int().min(1).max(4096).default(32)
    .describe("height and width of a view, in pixels").meta(facts("input")),
  cropScaleMin: z.number().positive().max(1).default(0.08)
    .describe("smallest share of the image's area that a crop covers").meta(facts("input")),
  cropScaleMax: z.number().positive().max(1).default(1)
    .describe("largest share of the image's area that a crop covers").meta(facts("input")),
  cropRatioMin: z.number().positive().default(3 / 4)
    .describe("smallest width : height of a crop, before it is resized to a square").meta(
      facts("input"),
    ),
  cropRatioMax: z.number().positive().default(4 / 3)
    .describe("largest width : height of a crop").meta(facts("input")),
  flip: probability(0.5).describe("probability of a horizontal flip").meta(facts("input")),
  jitter: probability(0.8).describe("probability of the color jitter").meta(facts("input")),
  brightness: strength(0.4).describe("jitter: the brightness factor is within 1 ± this").meta(
    facts("input"),
  ),
  contrast: strength(0.4).describe("jitter: the contrast factor is within 1 ± this").meta(
    facts("input"),
  ),
  saturation: strength(0.4)
    .describe("jitter: the saturation factor is within 1 ± this (color images)").meta(
      facts("input"),
    ),
  hue: z.number().min(0).max(0.5).default(0.1)
    .describe("jitter: the hue turns by up to ± this, in whole turns (color images)").meta(
      facts("input"),
    ),
  grayscale: probability(0.2).describe("probability of losing all color (color images)").meta(
    facts("input"),
  ),
  blur: probability(0.5).describe("probability of the Gaussian blur").meta(facts("input")),
  blurKernel: z.int().min(0)
    .refine((k) => k === 0 || k % 2 !== 0, "it must be odd, or 0 for a tenth of the crop size")
    .default(0)
    .describe("width of the blur's kernel in pixels, odd; 0: a tenth of the crop size, made odd")
    .meta(facts("input")),
  blurSigmaMin: z.number().positive().default(0.1)
    .describe("smallest standard deviation of the blur, in pixels").meta(facts("input")),
  blurSigmaMax: z.number().positive().default(2)
    .describe("largest standard deviation of the blur, in pixels").meta(facts("input")),
}).refine(({ cropScaleMin, cropScaleMax }) => cropScaleMin <= cropScaleMax, {
  path: ["cropScaleMin"],
  error: "it must not exceed crop_scale_max",
}).refine(({ cropRatioMin, cropRatioMax }) => cropRatioMin <= cropRatioMax, {
  path: ["cropRatioMin"],
  error: "it must not exceed crop_ratio_max",
}).refine(({ blurSigmaMin, blurSigmaMax }) => blurSigmaMin <= blurSigmaMax, {
  path: ["blurSigmaMin"],
  error: "it must not exceed blur_sigma_max",
});

/** Checked settings of the views. */
export type ViewOptions = z.output<typeof viewOptions>;
