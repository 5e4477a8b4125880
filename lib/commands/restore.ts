/**
 * A trained encoder for the commands that use one: from a run, or from a checkpoint file.
 *
 * @module
 */
import { dirname } from "node:path";
import { z } from "zod";
import { chosen, type ConfigSpec, type Layer } from "../config.ts";
import { normalizationOptions } from "../data/normalization.ts";
import { UsageError } from "../errors.ts";
import type { Encoder, Kind } from "../plugin.ts";
import type { Session } from "../session.ts";
import { viewOptions } from "../views/options.ts";
import type { Context } from "./command.ts";
import { readLayer } from "./layer.ts";
import { deviceOption, outOption, runFolderOf, tuneOption } from "./run_options.ts";

/** The options that say which encoder. */
export const restoreOptions = z.strictObject({
  run: z.string().optional().describe("folder of the run; default the latest")
    .meta({ format: "run-path" }),
  modelPath: z.string().optional().describe(
    "a file of weights in place of a run: a checkpoint, or one of PyTorch (.pth, .safetensors)",
  ).meta({ format: "file-path" }),
  device: deviceOption,
  tune: tuneOption,
  out: outOption,
  seed: z.int().min(0).default(0).describe("seed of what the probe draws"),
});

/** The spec of a command over a trained encoder. */
export function restoreSpec(
  roles: Partial<Record<Kind, string>>,
): ConfigSpec<typeof restoreOptions> {
  return {
    options: restoreOptions,
    roles: { dataset: "fashion-mini", encoder: "conv", ...roles },
    groups: { views: viewOptions, normalization: normalizationOptions },
  };
}

/** Of a run's configuration, what an encoder and its data are made from. */
const OF_RUN = /^(seed|plugin|(dataset|encoder|views|normalization)(\..*)?)$/;

/**
 * The run's own choices, under what is named. A file of weights that is in no run stands for what
 * it says of itself, with `defaults` where nothing else is named.
 */
export async function restoreLayers(
  named: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>> = {},
): Promise<Layer[]> {
  const folder = await folderOf(
    { run: text(named.run), modelPath: text(named.model_path) },
    String(named.out ?? "runs"),
  );
  if (folder === undefined) {
    const { modelFileLayers } = await import("./model_file.ts");
    return await modelFileLayers(String(named.model_path), named, defaults);
  }
  const { values, ...layer } = await readLayer(`${folder}/config.json`);
  const own = Object.entries(values).filter(([name]) => OF_RUN.test(name));
  return [{ ...layer, values: Object.fromEntries(own) }];
}

/** What was restored. */
export interface Restored {
  /** Dataset and device. */
  readonly session: Session;
  /** The encoder with its trained weights. */
  readonly encoder: Encoder;
  /** The file that they are from. */
  readonly path: string;
  /** The run's folder, where there is one. */
  readonly folder?: string;
}

/**
 * Opens dataset and device, builds the encoder and loads its weights.
 *
 * @param standsIn whether the dataset only stands in for one that nobody named; nothing is said of it
 */
export async function restore(
  context: Context<typeof restoreOptions>,
  standsIn = false,
): Promise<Restored> {
  const { config: { options, roles } } = context;
  const { loadEncoderWeights } = await import("../train/load_encoder.ts");
  const { openDescribed } = await import("./open_session.ts");
  const { note } = await import("../terminal/say.ts");
  const session = await openDescribed(context.config, context, standsIn);
  const { plugin, options: encoderOptions } = chosen(roles, "encoder");
  const encoder = await session.make("encoder", plugin, encoderOptions);
  const folder = await folderOf(options, options.out);
  const { path, ignored } = await loadEncoderWeights(
    options.modelPath ?? folder!,
    encoder.model,
  );
  note(`encoder  ${plugin.name} of ${path}`);
  const layers = new Set(ignored.map((name) => name.replace(/\.\w+$/, "")));
  if (layers.size > 0) note(`         no part of the encoder: ${[...layers].sort().join(", ")}`);
  return { session, encoder, path, folder };
}

/** The folder of the run that is meant; undefined for a file that is in none. */
async function folderOf(
  { run, modelPath }: { run?: string; modelPath?: string },
  out: string,
): Promise<string | undefined> {
  if (modelPath === undefined) return await runFolderOf(run ?? "", out);
  if (run !== undefined) {
    throw new UsageError({
      act: "use --run and --model_path together",
      rule: "both name the encoder",
      next: "Give one of them.",
    });
  }
  const folder = dirname(modelPath);
  const path = `${folder}/config.json`;
  const info = await Deno.stat(path).catch(() => undefined);
  if (!info?.isFile) return undefined;
  // Others put a config.json of their own beside a model.
  return (await readLayer(path)).values.encoder === undefined ? undefined : folder;
}

const text = (value: unknown) => value === undefined ? undefined : String(value);
