/**
 * The command line: `deno run -A cli.ts train --objective=debiased --tau_plus=0.1`.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { printErr } from "./lib/terminal/print.ts";

if (import.meta.main) {
  const tensors = new URL(import.meta.resolve("npm:@tensorflow/tfjs@4.22.0"));
  if (tensors.protocol === "file:" && !existsSync(tensors)) {
    printErr("Fetching TensorFlow.js and the packages that go with it, once: about 70 MB.");
  }
  // Not a literal, which Deno would follow, and fetch, before the line above.
  const main: string = "./lib/command_line/main.ts";
  const commands: typeof import("./lib/command_line/main.ts") = await import(main);
  Deno.exit(await commands.main(Deno.args));
}
