/**
 * A run for those who use tauplus as a library: what it was trained on, and what came of it.
 *
 * @module
 */
import { z } from "zod";
import { chosen, type ConfigSpec, resolveConfig } from "./config.ts";
import { normalizationOptions } from "./data/normalization.ts";
import type { Encoder } from "./plugin.ts";
import { loadRegistry } from "./registry.ts";
import { readConfig } from "./run/run_folder.ts";
import { openSession, type Session, type SessionOptions } from "./session.ts";

/** How a run is opened: where to compute, and who is told of it. */
export type LoadRunOptions = Pick<
  SessionOptions,
  "device" | "tune" | "cache" | "progress" | "signal"
>;

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
  options: z.strictObject({ seed: z.int().min(0).default(0) }),
  roles: { dataset: "fashion-mini", encoder: "conv" },
  groups: { normalization: normalizationOptions },
} satisfies ConfigSpec<z.ZodObject>;

/** Of a run's configuration, what its data and its encoder are made from. */
const OF_RUN = /^(seed|(dataset|encoder|normalization)(\..*)?)$/;

/**
 * Opens a run as the command line's `--run` does: its dataset with its options and normalisation,
 * a device, and the encoder of its newest checkpoint. Third parties' plugins that the run names are
 * loaded.
 *
 * @param path the run's folder; {@linkcode latestRun} finds the latest
 * @throws DataError where there is no whole run; see also the errors of {@linkcode openSession}.
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
  const { plugin, ...config } = { ...await readConfig(path) as Record<string, unknown> };
  const plugins = Array.isArray(plugin) ? plugin.map(String) : [];
  const values = Object.fromEntries(Object.entries(config).filter(([name]) => OF_RUN.test(name)));
  const layer = { source: `${path}/config.json`, values, text: false };
  const { options: { seed }, roles, groups: { normalization } } = await resolveConfig(
    SPEC,
    [layer],
    await loadRegistry(plugins),
  );
  const [dataset, architecture] = [chosen(roles, "dataset"), chosen(roles, "encoder")];
  const session = await openSession({
    ...options,
    dataset: dataset.plugin,
    datasetOptions: dataset.options,
    normalization,
    seed,
    plugins,
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
