/**
 * When a run is saved: by epochs, by time, at its end and where it is stopped.
 *
 * @module
 */
import type { RunFolder } from "../run/run_folder.ts";
import type { TrainingLog } from "./log_record.ts";
import type { TrainOptions } from "./options.ts";
import type { Resumption } from "./resume.ts";
import { restoreState, saveState, type TrainingState } from "./training_state.ts";

/** What is saved, where, and how often. */
export interface SaverParts {
  /** The run's state. */
  readonly state: TrainingState;
  /** The log; it stands while a run is saved. */
  readonly log: TrainingLog;
  /** Where to; without a folder nothing is kept. */
  readonly run?: RunFolder;
  /** `saveEvery` and `saveMinutes`, and what is saved along. */
  readonly options: TrainOptions;
  /** Milliseconds, from any start. */
  readonly clock: () => number;
}

/** Saves a run. */
export class Saver {
  readonly #parts: SaverParts;
  /** The step of the newest checkpoint, when it was saved, and whether newer ones replace it. */
  #step = 0;
  #at: number;
  #onTheWay = false;

  /** For a run whose state is as at the start. */
  constructor(parts: SaverParts) {
    this.#parts = parts;
    this.#at = parts.clock();
  }

  /** Goes on from a checkpoint, where there is one; `begin` is called before the folder is changed. */
  async restore(resumed: Resumption, begin: () => void | Promise<void>): Promise<void> {
    const { state, run } = this.#parts;
    if (run) Object.assign(state.counters, await restoreState(state, run, resumed, begin));
    this.#step = state.counters.step;
  }

  /**
   * Saves what is not saved; gives the path of the file, where one is written. Losses and weights
   * must be finite, also where nothing is kept: else a TrainingError is thrown.
   */
  async save(onTheWay = this.#parts.state.counters.stepInEpoch > 0): Promise<string | undefined> {
    const { state, log, run, options, clock } = this.#parts;
    const { counters } = state;
    if (counters.step === this.#step && (onTheWay || !this.#onTheWay)) return;
    const losses = await log.losses();
    const path = run &&
      await log.paused(() => saveState(state, run, counters, losses, options, onTheWay));
    this.#step = counters.step;
    this.#at = clock();
    this.#onTheWay = onTheWay;
    return path;
  }

  /** Saves after `epoch` epochs, where it is one of those to be kept. */
  async afterEpoch(epoch: number): Promise<void> {
    const { saveEvery } = this.#parts.options;
    if (saveEvery > 0 && epoch % saveEvery === 0) await this.save();
  }

  /** Saves on the way, where the last checkpoint is old enough. */
  async onTheWay(): Promise<void> {
    const { run, options: { saveMinutes }, clock } = this.#parts;
    if (!run || saveMinutes === 0 || clock() - this.#at < 60_000 * saveMinutes) return;
    await this.save(true);
  }
}
