/**
 * A pause in long work.
 *
 * @module
 */

/**
 * Lets the event loop turn once, so that progress is drawn and an interruption is heard (the wasm
 * backend never waits for anything), then throws the signal's reason if it is aborted.
 */
export async function turn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  signal?.throwIfAborted();
}
