/**
 * A trained encoder for the commands that use one: from a run, or from a checkpoint file.
 *
 * @module
 */
import { dirname } from "node:path";
import { z } from "zod";
import { chosen, type ConfigSpec, type Groups, type Layer } from "../../config.ts";
import { facts } from "../../facts.ts";
import { UsageError } from "../../errors.ts";
import type { Encoder, Kind, Objective } from "../../plugin.ts";
import { layerFor, type OpenRun, openRun, resolveRun, runGroups } from "../../open_run.ts";
import type { Variant } from "../../run/results.ts";
import type { Session } from "../../session.ts";
import type { Context } from "../../command_line/command.ts";
import { deviceOption, outOption, runFolderOf, tuneOption } from "./run_options.ts";

/** The options that say which encoder. */
export const restoreOptions = z.strictObject({
  run: z.string().optional().describe("folder of the run; default the latest")
    .meta({ ...facts("call"), format: "run-path" }),
  modelPath: z.string().optional().describe(
    "a file of weights in place of a run: a checkpoint, or one of PyTorch (.pth, .safetensors)",
  ).meta({ ...facts("call", { reference: true }), format: "file-path" }),
  device: deviceOption,
  tune: tuneOption,
  out: outOption,
  seed: z.int().min(0).default(0).describe("seed of what is drawn, as the test split of a folder")
    .meta(
      facts("input", { sweep: "absent" }),
    ),
});

/** The spec of a command over a trained encoder. */
export function restoreSpec<G extends Groups>(
  roles: Partial<Record<Kind, string>>,
  groups: G,
): ConfigSpec<typeof restoreOptions, G> {
  return {
    options: restoreOptions,
    roles: { ...ENCODER_ROLES, ...roles },
    groups,
  };
}

/** The groups that an encoder needs: what it sees are no random views. */
export const encoderGroups = { normalization: runGroups.normalization } as const;

const ENCODER_ROLES = { dataset: "fashion-mini", encoder: "conv" };

/**
 * The run's own options, below those in `named`, which override them. For a file of weights outside
 * of any run, the options that follow from the file, with `defaults` for the rest.
 *
 * @param spec of the command
 * @param further what else a command takes from the run
 */
export async function restoreLayers(
  spec: ConfigSpec<z.ZodObject>,
  named: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>> = {},
  further: (run: OpenRun) => readonly Layer[] = () => [],
): Promise<Layer[]> {
  const run = await runOf(
    { run: text(named.run), modelPath: text(named.model_path) },
    String(named.out ?? "runs"),
  );
  if (run === undefined) {
    const { modelFileLayers } = await import("./model_file.ts");
    return await modelFileLayers(String(named.model_path), named, defaults);
  }
  return [layerFor(spec, run), ...further(run)];
}

export interface Restored {
  /** Dataset and device. */
  readonly session: Session;
  /** The encoder with its trained weights. */
  readonly encoder: Encoder;
  /** The file that they are from. */
  readonly path: string;
  /** The run, where there is one. */
  readonly run?: OpenRun;
}

/**
 * Opens dataset and device, builds the encoder and loads its weights.
 *
 * @param standsIn whether the dataset only stands in for one that nobody named; nothing is said of it
 */
export async function restore(
  context: Context<typeof restoreOptions, typeof encoderGroups>,
  standsIn = false,
): Promise<Restored> {
  const { config: { options, roles } } = context;
  const { loadEncoderWeights } = await import("../../train/load_encoder.ts");
  const { openDescribed } = await import("./open_session.ts");
  const { printErr } = await import("../../terminal/print.ts");
  const session = await openDescribed(context.config, context, standsIn);
  const { plugin, options: encoderOptions } = chosen(roles, "encoder");
  const encoder = await session.make("encoder", plugin, encoderOptions);
  const run = await runOf(options, options.out);
  const { path, damaged = [], ignored, chosen: taken } = await loadEncoderWeights(
    options.modelPath ?? run!.path,
    encoder.model,
  );
  printErr(`encoder  ${plugin.name} of ${path}`);
  for (const newer of damaged) {
    printErr(`         ${newer} is damaged, so an earlier checkpoint is used`);
  }
  if (taken !== undefined) printErr(`         the file has several; this one is ${taken}`);
  if (ignored.length > 0) {
    printErr(`         not part of the encoder: ${[...ignored].sort().map(printable).join(", ")}`);
  }
  return { session, encoder, path, run };
}

/** Whether a command works on the run's own data and newest checkpoint. */
export async function variant(
  { config: { flat }, plugins }: Pick<Context, "config" | "plugins">,
  run: OpenRun,
  file: string,
): Promise<Variant> {
  const { variantOf } = await import("../../run/results.ts");
  const spec = {
    options: z.strictObject({ seed: z.int().default(0) }),
    roles: ENCODER_ROLES,
    groups: encoderGroups,
  };
  // Where the run's own dataset cannot be asked, as it is a plugin's that was not loaded, it is another.
  const own = await resolveRun(run, spec, { plugins }).then(({ flat }) => flat, () => ({}));
  return await variantOf(run.path, own, flat, file);
}

/**
 * The objective of a run, which says how many views it takes. Throws a UsageError where it is of a
 * plugin that may not be loaded.
 */
export async function makeObjective(
  run: OpenRun,
  session: Session,
  trust: Pick<Context, "plugins" | "trust">,
): Promise<Objective> {
  const spec = {
    options: z.strictObject({ seed: z.int().default(0) }),
    roles: { objective: "debiased" },
  };
  const { roles } = await resolveRun(run, spec, trust);
  const { plugin, options } = chosen(roles, "objective");
  return await session.make("objective", plugin, options);
}

/** The run that is meant; undefined for a file that is in none. */
async function runOf(
  { run, modelPath }: { run?: string; modelPath?: string },
  out: string,
): Promise<OpenRun | undefined> {
  if (modelPath === undefined) return await openRun(await runFolderOf(run ?? "", out));
  if (run !== undefined) {
    throw new UsageError({
      act: "use --run and --model_path together",
      rule: "both name the encoder",
      next: "Give one of them.",
    });
  }
  const folder = dirname(modelPath);
  const info = await Deno.stat(`${folder}/config.json`).catch(() => undefined);
  if (!info?.isFile) return undefined;
  // Others put a config.json of their own beside a model.
  const found = await openRun(folder);
  return found.config.encoder === undefined ? undefined : found;
}

/** A name out of a file, which may hold anything, a terminal's commands too. */
const printable = (name: string) =>
  /^[\w.:<>-]{1,80}$/.test(name) ? name : JSON.stringify(name.slice(0, 80));

const text = (value: unknown) => value === undefined ? undefined : String(value);
