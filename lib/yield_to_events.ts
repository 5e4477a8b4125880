/**
 * A pause in long work.
 *
 * @module
 */

/**
 * Yields to the event loop once, so that progress is drawn and signals are handled (the wasm backend
 * never waits for anything), then throws the signal's reason if it is aborted.
 */
export async function yieldToEvents(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  signal?.throwIfAborted();
}
