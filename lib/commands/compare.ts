/**
 * The table at the end of a training: the trained encoder beside what it must beat.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { own } from "../names.ts";
import type { Encoder, Metrics } from "../plugin.ts";
import { jsonText } from "../files.ts";
import { RESULTS, type Results, type ResultSource, writeProbeResult } from "../run/results.ts";
import { listCheckpoints, type RunFolder } from "../run/run_folder.ts";
import type { Session } from "../session.ts";
import { signed, table } from "../terminal/text.ts";
import type { ViewOptions } from "../views/options.ts";
import type { Context } from "../command_line/command.ts";
import { evaluateEncoder, type Probes } from "./shared/evaluate_encoder.ts";

export interface Comparison {
  /** Dataset and device. */
  readonly session: Session;
  /** The probes by name. */
  readonly probes: Probes<string>;
  /** Where the trained encoder's results are kept, one file per probe. */
  readonly run: RunFolder;
  /** Says what the result of a probe is of, given the file of the weights. */
  readonly sourceOf: (probe: string, weights: string) => ResultSource;
  readonly trained: Encoder;
  /** Makes the encoder as it was before training. */
  readonly makeEncoder: () => Promise<Encoder>;
  /** The augmentation, for probes that train on augmented images. */
  readonly views: ViewOptions;
  /** Whether the untrained encoder and raw pixels are evaluated as well. */
  readonly baselines: boolean;
}

/** Runs all probes, and keeps the results in the run. */
export async function compare(
  context: Pick<Context, "signal">,
  { session, probes, run, sourceOf, trained, makeEncoder, views, baselines }: Comparison,
): Promise<Results> {
  const found = await evaluateEncoder(context, session, probes, trained, views);
  const [newest] = await listCheckpoints(run.path);
  for (const name in probes) {
    const own = { data: "", weights: "" };
    await writeProbeResult(run.path, own, sourceOf(name, newest.path), found[name]);
  }
  const { device: { name, description } } = session;
  let results: Results = { device: `${name}: ${description}`, trained: found };
  if (baselines) {
    const encoder = await makeEncoder();
    const untrained = await evaluateEncoder(context, session, probes, encoder, views);
    encoder.model.dispose();
    results = { ...results, untrained, pixels: await evaluatePixels(context, session, probes) };
  }
  await run.writeFile(RESULTS, jsonText(results));
  return results;
}

/** The table at the end of a training. */
export function resultsTable(results: Results, columns?: number): string {
  const { trained, untrained } = results;
  const names = Object.keys(trained);
  const row = (who: string, scores: Results["trained"]) => [
    who,
    ...names.map((name) => {
      const score = own(scores, name);
      return score ? score.top1.toFixed(2) + " %" : "–";
    }),
  ];
  const rows = [
    row("trained encoder", results.trained),
    ...results.untrained ? [row("untrained encoder", results.untrained)] : [],
    ...results.pixels ? [row("raw pixels", results.pixels)] : [],
  ];
  if (untrained) {
    // Points, under the digits of the percentages.
    const gain = (name: string) => `${signed(trained[name].top1 - untrained[name].top1)}  `;
    rows.push(["gain by training", ...names.map(gain)]);
  }
  return table(["on the test split", ...names.map((name) => `${name} top-1`)], rows, 1, {
    columns,
  });
}

/** Raw pixels have no augmented features: a probe that asks for them has no result. */
async function evaluatePixels(
  context: Pick<Context, "signal">,
  session: Session,
  probes: Probes<string>,
): Promise<Record<string, Metrics>> {
  const results: Record<string, Metrics> = {};
  for (const [name, probe] of Object.entries(probes)) {
    try {
      Object.assign(results, await evaluateEncoder(context, session, { [name]: probe }));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
  return results;
}
