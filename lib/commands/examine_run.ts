/**
 * A run for the report: all that its folder, its dataset and its encoder still tell.
 *
 * @module
 */
import { cacheFolder } from "../cache.ts";
import { z } from "zod";
import { chosen, type ConfigSpec, factsIn, type Roles, sectionsOf } from "../config.ts";
import { sourceStatus } from "../data/source_status.ts";
import type { DeviceName } from "../device/device.ts";
import { DataError, DeviceError, TauplusError } from "../errors.ts";
import { type OpenRun, resolveRun, runGroups } from "../open_run.ts";
import { classifierResult, listProbeResults, probeOf } from "../run/results.ts";
import type { Part, ReportRun, RunData } from "../report/report_run.ts";
import { examineTestImages, type TestImages } from "../report/test_images.ts";
import { firstViews } from "../report/training_views.ts";
import type { Session } from "../session.ts";
import { loadEncoderWeights } from "../train/load_encoder.ts";
import type { Context } from "../command_line/command.ts";
import { openDescribed } from "./shared/open_session.ts";
import { makeObjective } from "./shared/restore.ts";
import { deviceOption, tuneOption } from "./shared/run_options.ts";
import { command as train } from "./train.ts";

export interface ExamineOptions {
  /** Test images to look at, at most. */
  readonly points: number;
  /** Where to compute, and whether kernels are tuned there. */
  readonly device: DeviceName | "auto";
  readonly tune: "on" | "off";
}

/** What a report needs of a run: its data and its encoder. */
const SPEC = {
  options: z.strictObject({
    device: deviceOption,
    tune: tuneOption,
    seed: z.int().min(0).default(0),
  }),
  roles: { dataset: "fashion-mini", encoder: "conv" },
  groups: runGroups,
} satisfies ConfigSpec<z.ZodObject>;

/**
 * Examines a run. What cannot be found out has a reason instead; throws only a DeviceError, and when
 * interrupted.
 */
export async function examineRun(
  name: string,
  data: RunData,
  options: ExamineOptions,
  context: Pick<Context, "signal" | "bar" | "plugins" | "trust">,
): Promise<ReportRun> {
  const { path } = data;
  const results = await listProbeResults(path);
  const own = results.find((result) => result.own && probeOf(result) === "linear");
  const result = own && classifierResult(own.metrics);
  const linear: ReportRun["linear"] = result ? { found: result } : {
    missing: "the run has no result of the linear probe on its own data that can be read; " +
      `\`deno task linear --run=${path}\` makes it.`,
  };
  const known = { name, data, telling: await tellingOptions(data, context), results, linear };
  const opened = await attempt(async () => {
    const { device, tune } = options;
    const upper = [{ source: "the command line", values: { device, tune }, text: false }];
    const config = await resolveRun(data, SPEC, context, upper);
    await checkPresent(config.roles, context);
    return { config, session: await openDescribed(config, context) };
  });
  if (!("found" in opened)) return { ...known, test: opened, views: opened };
  const { config, session } = opened.found;
  try {
    const views = await attempt(async () => {
      const objective = await makeObjective(data, session, context);
      return await firstViews(session, {
        views: config.groups.views,
        viewCount: objective.views ?? 2,
        seed: config.options.seed,
      });
    });
    const test = await attempt(() => testImages(path, config.roles, session, options.points));
    return { ...known, test, views };
  } finally {
    context.bar.end();
    session.dataset.close?.();
  }
}

/** The options that say most about a run, in the order of its configuration. */
async function tellingOptions(
  run: OpenRun,
  trust: Pick<Context, "plugins" | "trust">,
): Promise<string[]> {
  const resolved = await attempt(() => resolveRun(run, train.spec, trust));
  // Without its plugins, what a run shares with all runs is still known.
  const { factsOf } = "found" in resolved
    ? resolved.found
    : { factsOf: factsIn(sectionsOf(train.spec, {})) };
  return Object.keys(run.config).filter((option) => factsOf(option).overview);
}

/** The result of `act`, or a sentence on why there is none. */
async function attempt<T>(act: () => Promise<T>): Promise<Part<T>> {
  try {
    return { found: await act() };
  } catch (error) {
    if (!(error instanceof TauplusError) || error instanceof DeviceError) throw error;
    return { missing: error.message };
  }
}

/** Throws a DataError where the dataset is not on this machine: a report downloads nothing. */
async function checkPresent(
  roles: Roles,
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
    act: `examine the dataset ${name}`,
    rule: `${absent.name} must be on this machine`,
    got: absent.state,
    next: `Fetch it with \`deno task data fetch ${name}\`, then make the report again.`,
  });
}

async function testImages(
  path: string,
  roles: Roles,
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
