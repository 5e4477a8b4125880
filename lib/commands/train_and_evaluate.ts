/**
 * What `train` does: dataset and device, run folder, training, evaluation.
 *
 * @module
 */
import { dirname, join } from "node:path";
import type { z } from "zod";
import { changedOption, chosen, fixedValues, resolveConfig, savedValues } from "../config.ts";
import { Interrupted, UsageError } from "../errors.ts";
import { fitToData } from "../fit_to_data.ts";
import { jsonText } from "../files.ts";
import type { Encoder } from "../plugin.ts";
import { createRun, reopenRun, runName } from "../run/run_folder.ts";
import type { runGroups } from "../open_run.ts";
import type { Session } from "../session.ts";
import { pretrainName } from "../splits.ts";
import type { EventFile } from "../tensorboard/event_file.ts";
import { printErr } from "../terminal/print.ts";
import { recordTrust } from "../trust.ts";
import { TRAINING_PROBE } from "../train/options.ts";
import { train, type TrainStep } from "../train/train.ts";
import type { Context } from "../command_line/command.ts";
import { compare, resultsTable } from "./compare.ts";
import { canEvaluate, evaluateEncoder, resultSource } from "./shared/evaluate_encoder.ts";
import { openDescribed } from "./shared/open_session.ts";
import { command, type trainCommandOptions } from "./train.ts";

/** Runs the command. */
export async function trainAndEvaluate(
  named: Context<typeof trainCommandOptions, typeof runGroups>,
): Promise<void> {
  const { signal, bar } = named;
  const folder = named.config.options.resume === undefined ? undefined : await runToResume(named);
  const session = await openDescribed(named.config, named);
  const labeled = canEvaluate(session);
  const config = fitToData(named.config, session.dataset, {
    evaluated: labeled,
    resumed: folder !== undefined,
    notify: (sentence) => printErr(`         ${sentence}`),
  });
  const context = { ...named, config };
  const { options, roles, groups } = config;
  const dataset = chosen(roles, "dataset");
  const encoder = chosen(roles, "encoder");
  const objective = chosen(roles, "objective");
  const probe = chosen(roles, "probe");
  const { views } = groups;
  const saved = savedConfig(context);
  const makeEncoder = () => session.make("encoder", encoder.plugin, encoder.options);
  const trained = await makeEncoder();
  const loss = await session.make("objective", objective.plugin, objective.options);
  const quickOptions = Object.fromEntries(
    Object.entries(TRAINING_PROBE.options).map(([own, option]) => [own, options[option]]),
  );
  const quick = await session.make("probe", TRAINING_PROBE.name, quickOptions);
  const prober = await session.make("probe", probe.plugin, probe.options);

  const run = folder !== undefined ? await reopenRun(folder) : await createRun(
    options.out,
    runName(new Date(), objective.plugin.name, dataset.plugin.name, options.seed),
    saved,
  );
  try {
    printErr(`run      ${run.path}`);
    const board: { events?: EventFile } = {};
    const onBegin = async (notices: readonly string[]) => {
      for (const notice of notices) printErr(`         ${notice}`);
      if (folder !== undefined) await run.writeFile("config.json", jsonText(saved));
      if (!await recordTrust(saved)) {
        printErr(
          "plugins  the record that this run was made here cannot be written, so reading it needs --trust",
        );
      }
      if (options.tensorboard) board.events = await eventFile(run.path);
    };
    const show = stepShower(context);
    const result = await train(
      {
        device: session.device,
        dataset: session.dataset,
        encoder: trained,
        objective: loss,
        views,
        run,
        fixed: fixedOptions(context),
      },
      options,
      {
        signal,
        onBegin,
        onStep: (step) => {
          show(step);
          if (step.record) board.events?.follow();
        },
        ...(labeled && {
          onEvaluate: async () => {
            const { quick: { top1, top5 } } = await evaluateEncoder(
              context,
              session,
              { quick },
              trained,
            );
            return { knn_top1: top1, knn_top5: top5 };
          },
        }),
      },
    ).finally(() => board.events?.follow());
    result.dispose();
    bar.end();
    const probes = { [TRAINING_PROBE.name]: quick, [probe.plugin.name]: prober };
    const sourceOf = (name: string, weights: string) => {
      const own = name === probe.plugin.name ? probe.options : quickOptions;
      return resultSource({ name, options: own }, context.config.flat, session.dataset, weights);
    };
    const { baselines } = options;
    const results = labeled
      ? await compare(context, {
        session,
        probes,
        run,
        sourceOf,
        trained,
        makeEncoder,
        views,
        baselines,
      })
      : undefined;
    if (!results) {
      printErr(
        "Nothing is evaluated: that needs labeled splits train and test, of at least two classes.",
      );
    }
    if (board.events) await endTensorBoard(context, session, board.events, run.path, trained);
    context.result(
      { run: run.path, ...results },
      () => `${results ? resultsTable(results) + "\n" : ""}run: ${run.path}`,
    );
  } catch (error) {
    // A run that failed before its first line is nobody's latest run.
    if (folder === undefined && !(error instanceof Interrupted)) await run.removeIfBare();
    throw error;
  } finally {
    await run.close();
  }
}

/** The event file of a run; what it needs is loaded where it is asked for. */
async function eventFile(run: string): Promise<EventFile> {
  const { EventFile } = await import("../tensorboard/event_file.ts");
  return await EventFile.of(run);
}

/** Examples that go through the encoder at a time. */
const BATCH = 256;

/**
 * Writes the results of a run to its event file, and the features of the split `test` for the
 * projector, or of the split that was trained on where there is no `test`; says how to look at them.
 */
async function endTensorBoard(
  { signal, bar }: Pick<Context, "signal" | "bar">,
  { device, dataset, env }: Session,
  events: EventFile,
  run: string,
  encoder: Encoder,
): Promise<void> {
  const { FOLDER } = await import("../tensorboard/event_file.ts");
  const { writeProjector } = await import("../tensorboard/projector.ts");
  await events.end();
  const split = "test" in dataset.splits ? "test" : pretrainName(dataset);
  const { progress } = env;
  await writeProjector(
    join(run, FOLDER),
    { device, dataset, encoder, split, batchSize: BATCH, signal, progress },
  );
  bar.end();
  printErr(`To open it: tensorboard --logdir=${dirname(run)}`);
}

/** The configuration that is kept with the run: all that `--config` needs to repeat it. */
function savedConfig(
  { config, plugins }: Context<typeof trainCommandOptions, typeof runGroups>,
): Record<string, unknown> {
  return { ...savedValues(config), ...(plugins.length > 0 && { plugin: plugins }) };
}

/** What of the configuration a resumed run may not change. */
function fixedOptions(
  context: Context<typeof trainCommandOptions, typeof runGroups>,
): Record<string, unknown> {
  // Where its plugins are is no part of what it is.
  const { plugin: _, ...own } = savedConfig(context);
  return fixedValues(own, context.config.factsOf);
}

/**
 * The folder of the run that is resumed; its configuration is the lowest layer. Throws UsageError
 * unless it is the run that is configured.
 */
async function runToResume(
  context: Context<typeof trainCommandOptions, typeof runGroups>,
): Promise<string> {
  const { layers: [layer], registry, config: { factsOf } } = context;
  if (layer.run === undefined) throw new TypeError("The lowest layer is no run's");
  // An option that is younger than the run had its default.
  const { flat: begun } = await resolveConfig(command.spec, [layer], registry);
  const fixed = fixedOptions(context);
  const other = changedOption(begun, fixed, factsOf);
  const { learning_rate: rate } = begun;
  const { learning_rate: now } = context.config.flat;
  if (other === undefined && now !== rate) {
    printErr(
      `The learning rate is ${now} from here on, and was ${rate}: the result is ` +
        "no longer that of the run's first configuration.",
    );
  }
  if (other === undefined) return layer.run;
  throw new UsageError({
    act: `resume ${layer.run} with --${other}=${fixed[other]}`,
    rule: `the run was begun with ${begun[other]}`,
    next: "Leave the option out, or start a new run without --resume.",
  });
}

/** Shows each step: the epoch, and of the last line of the log the loss and the speed. */
function stepShower({ bar }: Context<z.ZodObject>): (step: TrainStep) => void {
  let logged = "";
  return ({ epoch, step, stepsTotal, record }) => {
    if (record) {
      logged = `   loss ${record.loss.toFixed(4)}   ` +
        `${record.images_per_second.toFixed(0)} images/s`;
    }
    const text = `epoch ${epoch}${logged}`;
    bar.show({ task: "training", done: step, total: stepsTotal, unit: "steps" }, text, epoch);
  };
}
