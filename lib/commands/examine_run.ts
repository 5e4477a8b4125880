/**
 * A run for the report: all that its folder, its dataset and its encoder still tell.
 *
 * @module
 */
import { cacheFolder } from "../cache.ts";
import { chosen, type Config, resolveConfig } from "../config.ts";
import { sourceStatus } from "../data/source_status.ts";
import type { DeviceName } from "../device/device.ts";
import { DataError, DeviceError, TauplusError } from "../errors.ts";
import { loadRegistry } from "../registry.ts";
import { readProbe } from "../report/probe_result.ts";
import type { RunData } from "../report/read_run.ts";
import type { Part, ReportRun } from "../report/report_run.ts";
import { examineTestImages, type TestImages } from "../report/test_images.ts";
import { firstViews } from "../report/training_views.ts";
import type { Session } from "../session.ts";
import { loadEncoderWeights } from "../train/load_encoder.ts";
import { viewOptions } from "../views/options.ts";
import type { Context } from "./command.ts";
import { openDescribed } from "./open_session.ts";
import { command as train, type trainCommandOptions } from "./train.ts";

/** How runs are examined. */
export interface ExamineOptions {
  /** Test images to look at, at most. */
  readonly points: number;
  /** Where to compute, and whether kernels are tuned there. */
  readonly device: DeviceName | "auto";
  readonly tune: "on" | "off";
}

type TrainConfig = Config<typeof trainCommandOptions>;

/**
 * Examines a run. What cannot be found out has a reason instead; throws only a DeviceError, and when
 * interrupted.
 */
export async function examineRun(
  name: string,
  data: RunData,
  options: ExamineOptions,
  context: Pick<Context, "signal" | "bar">,
): Promise<ReportRun> {
  const { path } = data;
  const result = await readProbe(path, "linear");
  const linear: ReportRun["linear"] = result ? { found: result } : {
    missing: `the run has no linear.json that can be read; ` +
      `\`deno task linear --run=${path}\` makes it.`,
  };
  const opened = await attempt(async () => {
    const config = await configOf(data, options);
    await checkPresent(config, context);
    return { config, session: await openDescribed(config, context) };
  });
  if (!("found" in opened)) return { name, data, linear, test: opened, views: opened };
  const { config, session } = opened.found;
  try {
    const views = await attempt(async () => {
      const { plugin, options } = chosen(config.roles, "objective");
      const objective = await session.make("objective", plugin, options);
      return await firstViews(session, {
        views: viewOptions.parse(config.groups.views),
        viewCount: objective.views ?? 2,
        seed: config.options.seed,
      });
    });
    const test = await attempt(() => testImages(path, config, session, options.points));
    return { name, data, linear, test, views };
  } finally {
    context.bar.end();
    session.dataset.close?.();
  }
}

/** What `act` finds, or what a person is told of why it does not. */
async function attempt<T>(act: () => Promise<T>): Promise<Part<T>> {
  try {
    return { found: await act() };
  } catch (error) {
    if (!(error instanceof TauplusError) || error instanceof DeviceError) throw error;
    return { missing: error.message };
  }
}

/** The run's own configuration, on the device that is asked for. */
async function configOf(
  { config: { plugin = [], ...values }, path }: RunData,
  { device, tune }: ExamineOptions,
): Promise<TrainConfig> {
  const registry = await loadRegistry(Array.isArray(plugin) ? plugin.map(String) : []);
  const layers = [
    { source: `${path}/config.json`, values, text: false },
    { source: "the command line", values: { device, tune }, text: false },
  ];
  return await resolveConfig(train.spec, layers, registry);
}

/** Throws a DataError where the dataset is not on this machine: a report downloads nothing. */
async function checkPresent(
  { roles }: TrainConfig,
  { signal }: Pick<Context, "signal">,
): Promise<void> {
  const { plugin: { name, source }, options } = chosen(roles, "dataset");
  if (!source) return;
  const files = await sourceStatus(
    source,
    { cache: cacheFolder(), progress: () => {}, signal },
    options,
  );
  const absent = files.find(({ state }) => state !== "present" && state !== "packaged");
  if (!absent) return;
  throw new DataError({
    act: `look at ${name}`,
    rule: `${absent.name} must be on this machine`,
    got: absent.state,
    next: `Fetch it with \`deno task data fetch ${name}\`, then make the report again.`,
  });
}

async function testImages(
  path: string,
  { roles }: TrainConfig,
  session: Session,
  points: number,
): Promise<TestImages> {
  const { plugin, options } = chosen(roles, "encoder");
  const encoder = await session.make("encoder", plugin, options);
  try {
    await loadEncoderWeights(path, encoder.model);
    return await examineTestImages(session, encoder, points);
  } finally {
    encoder.model.dispose();
  }
}
