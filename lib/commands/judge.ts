/**
 * Judging an encoder by probes, over features that are computed once.
 *
 * @module
 */
import { extractFeatures, pixelFeatures } from "../evaluate/features.ts";
import { frozen } from "../evaluate/frozen.ts";
import type { Encoder, Metrics, Probe, ProbeInput } from "../plugin.ts";
import type { Session } from "../session.ts";
import type { ViewOptions } from "../views/options.ts";
import type { Context } from "./command.ts";

/** Probes by name. */
export type Judges<N extends string> = { readonly [name in N]: Probe };

/** Whether the dataset has what probes need: labelled splits train and test. */
export function canJudge({ dataset: { splits } }: Session): boolean {
  return ["train", "test"].every((name) => splits[name]?.labels?.some((label) => label >= 0));
}

/**
 * Runs the probes on the features of an encoder, which stays as it is; without an encoder, on raw
 * pixels.
 */
export async function judgeEncoder<N extends string>(
  { signal, bar }: Pick<Context, "signal" | "bar">,
  session: Session,
  judges: Judges<N>,
  encoder?: Encoder,
  views?: ViewOptions,
): Promise<Record<N, Metrics>> {
  const common = {
    device: session.device,
    dataset: session.dataset,
    batchSize: 256,
    signal,
    progress: session.env.progress,
  };
  const features = async (split: string) =>
    encoder
      ? await extractFeatures({
        ...common,
        encoder,
        split,
        ...(views && { augmentation: { seed: session.env.seed, views } }),
      })
      : await pixelFeatures({ ...common, split });
  const input: ProbeInput = { train: await features("train"), test: await features("test") };
  const results: Partial<Record<N, Metrics>> = {};
  try {
    for (const name in judges) {
      const act = () => judges[name].evaluate(input);
      results[name] = encoder ? await frozen(encoder.model, name, act) : await act();
    }
  } finally {
    input.train.features.dispose();
    input.test.features.dispose();
    bar.end();
  }
  return results as Record<N, Metrics>;
}
