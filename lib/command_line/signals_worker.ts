/**
 * A thread that handles the first signal while the main one computes, and says what happens next. It
 * is sent the message for each signal, with a port to answer on once it listens.
 *
 * @module
 */
import { printErr } from "../terminal/print.ts";

globalThis.addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  const words: readonly [Deno.Signal, string][] = event.data;
  let said = false;
  for (const [name, text] of words) {
    Deno.addSignalListener(name, () => {
      // On a line of its own, below that of the progress.
      if (!said) printErr(`\n${text}`);
      said = true;
    });
  }
  event.ports[0].postMessage("ready");
});
