/**
 * A run for those who use tauplus as a library: what it was trained on, and what came of it.
 *
 * @module
 */
import { z } from "zod";
import { chosen, type ConfigSpec } from "./config.ts";
import { facts } from "./facts.ts";
import { openRun, pluginsToLoad, resolveRun, runGroups } from "./open_run.ts";
import type { Encoder } from "./plugin.ts";
import { openSession, type Session, type SessionOptions } from "./session.ts";

/** How a run is opened: where to compute, and who is told of it. */
export interface LoadRunOptions
  extends Pick<SessionOptions, "device" | "tune" | "cache" | "progress" | "signal"> {
  /** Specifiers of plugins to load, whoever made the run. */
  readonly plugins?: readonly string[];
  /** Whether all plugins that the run names are loaded, whoever made it; default false. */
  readonly trust?: boolean;
}

/** A run, opened: its dataset, a device, and the encoder with its trained weights. */
export interface LoadedRun extends Session {
  /** The trained encoder. */
  readonly encoder: Encoder;
  /** The checkpoint that its weights are from. */
  readonly path: string;
  /** The names of the plugins. */
  readonly names: { readonly dataset: string; readonly encoder: string };
}

const SPEC = {
  options: z.strictObject({ seed: z.int().min(0).default(0).meta(facts("input")) }),
  roles: { dataset: "fashion-mini", encoder: "conv" },
  groups: runGroups,
} satisfies ConfigSpec<z.ZodObject>;

/**
 * Opens a run as the command line's `--run` does: its dataset with its options and normalisation,
 * a device, and the encoder of its newest checkpoint.
 *
 * Third parties' plugins that the run names are loaded where this user made the run on this machine.
 * A run of somebody else is opened without them, as they are code; `plugins` names those to load, and
 * `trust: true` loads all that the run names.
 *
 * @param path the run's folder; {@linkcode latestRun} finds the latest
 * @throws DataError where there is no whole run, UsageError where its dataset or its encoder is a
 * plugin's that was not loaded; see also the errors of {@linkcode openSession}.
 *
 * @example The features of a run's test images
 * ```ts ignore
 * import { features, latestRun, loadRun } from "@tauplus/tauplus";
 *
 * const run = await loadRun((await latestRun("runs"))!);
 * const rows = await features({ ...run, split: "test" }); // [2000 · run.encoder.dim]
 * ```
 */
export async function loadRun(path: string, options: LoadRunOptions = {}): Promise<LoadedRun> {
  const run = await openRun(path);
  const { options: { seed }, roles, groups: { normalization } } = await resolveRun(
    run,
    SPEC,
    options,
  );
  const [dataset, architecture] = [chosen(roles, "dataset"), chosen(roles, "encoder")];
  const session = await openSession({
    ...options,
    dataset: dataset.plugin,
    datasetOptions: dataset.options,
    normalization,
    seed,
    plugins: pluginsToLoad(run, options),
  });
  const encoder = await session.make("encoder", architecture.plugin, architecture.options);
  const { loadEncoderWeights } = await import("./train/load_encoder.ts");
  const { path: checkpoint } = await loadEncoderWeights(path, encoder.model);
  return {
    ...session,
    encoder,
    path: checkpoint,
    names: { dataset: dataset.plugin.name, encoder: architecture.plugin.name },
  };
}
