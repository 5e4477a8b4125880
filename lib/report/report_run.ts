/**
 * A run, and what could be found out about it.
 *
 * @module
 */
import type { ClassifierResult } from "../evaluate/classifier_result.ts";
import type { ProbeResult } from "../run/results.ts";
import type { RunData } from "./read_run.ts";
import type { TestImages } from "./test_images.ts";
import type { TrainingViews } from "./training_views.ts";

/** What was found; else why not, in a sentence for a person. */
export type Part<T> = { readonly found: T } | { readonly missing: string };

/** A run as the report shows it. */
export interface ReportRun {
  /** Its name on the page, which no other run has. */
  readonly name: string;
  /** What its folder says. */
  readonly data: RunData;
  /** The names of the options that say most about it. */
  readonly telling: readonly string[];
  /** All that probes found of it, each for its data. */
  readonly results: readonly ProbeResult[];
  /** The result of the linear probe on the data that it was trained on. */
  readonly linear: Part<ClassifierResult>;
  /** Test images as its encoder sees them. */
  readonly test: Part<TestImages>;
  /** What its encoder was trained on. */
  readonly views: Part<TrainingViews>;
}
