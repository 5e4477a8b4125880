/**
 * Views made on another thread, so that those of the next batch are made while this thread trains.
 *
 * @module
 */
import { TauplusError } from "../errors.ts";
import type { ExampleBatch } from "../plugin.ts";
import type { ViewKey } from "./augment.ts";
import { checkBatch, checkImageShape, checkMoments } from "./normalize.ts";
import type { ViewOptions } from "./options.ts";

/** One batch for the thread; `examples` is the thread's own. */
export interface ViewJob {
  /** [n, ...shape] */
  readonly examples: ExampleBatch;
  /** [height, width, channels] */
  readonly shape: readonly number[];
  /** The n indices of the images in their split. */
  readonly indices: readonly number[];
  /** One per view. */
  readonly keys: readonly ViewKey[];
  /** Checked by `viewOptions`. */
  readonly options: ViewOptions;
  /** One, or one per channel. */
  readonly mean: readonly number[];
  /** One, or one per channel. */
  readonly std: readonly number[];
}

/** What the thread answers, in the order of the jobs. */
export type ViewReply = { readonly views: Float32Array[] } | { readonly error: string };

/** Makes views on another thread. */
export interface ViewMaker {
  /**
   * What `augment` gives for each of `keys`, to the bit. The job is with the other thread when
   * this returns its promise, so a computation may block this thread right after; jobs are done in
   * order. The examples are copied. Rejects with PluginError as `augment` throws it, and with
   * TauplusError if the thread fails or is closed first.
   */
  make(
    examples: ExampleBatch,
    shape: readonly number[],
    indices: ArrayLike<number>,
    keys: readonly ViewKey[],
    options: ViewOptions,
    mean: readonly number[],
    std: readonly number[],
  ): Promise<Float32Array[]>;
  /** Ends the thread; what it had not made is rejected. Until then it keeps the process alive. */
  close(): void;
}

/** Starts the thread. Close it when done. */
export function createViewMaker(): ViewMaker {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const { port1: port, port2 } = new MessageChannel();
  const waiting: PromiseWithResolvers<Float32Array[]>[] = [];
  let failure: TauplusError | undefined;

  const stop = (rule: string, next: string, cause?: unknown) => {
    failure ??= new TauplusError({ act: "make views", rule, next, cause });
    port.close();
    worker.terminate();
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    stop("their thread failed", `It said: ${event.message}`, event.error);
  };
  port.onmessage = ({ data }: MessageEvent<ViewReply>) => {
    const job = waiting.shift();
    // A reply that was on its way when the thread was closed has nobody waiting any more.
    if (!job) return;
    const { resolve, reject } = job;
    if ("views" in data) resolve(data.views);
    else {
      reject(
        new TauplusError({ act: "make views", rule: data.error, next: "Check the view options." }),
      );
    }
  };
  worker.postMessage(null, [port2]);

  return {
    // Not async: a promise nobody awaits yet (the next batch's, when a run stops) must not be
    // reported as unhandled when it is rejected, so it is given a handler here.
    make(examples, shape, indices, keys, options, mean, std) {
      const result = Promise.withResolvers<Float32Array[]>();
      result.promise.catch(() => {});
      try {
        if (failure) throw failure;
        checkImageShape(shape);
        checkBatch(examples, shape, indices.length);
        checkMoments(shape[2], mean, std);
        const copy = examples.slice();
        const job: ViewJob = {
          examples: copy,
          shape,
          indices: Array.from(indices),
          keys,
          options,
          mean,
          std,
        };
        port.postMessage(job, [copy.buffer]);
        waiting.push(result);
      } catch (error) {
        result.reject(error);
      }
      return result.promise;
    },
    close() {
      stop("their thread was closed", "Make views before close().");
    },
  };
}
