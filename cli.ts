/**
 * The command line: `deno run -A cli.ts train --objective=debiased --tau_plus=0.1`.
 *
 * @module
 */
import { existsSync } from "node:fs";
import project from "./deno.json" with { type: "json" };
import { note } from "./lib/terminal/say.ts";

if (import.meta.main) {
  const tensors = new URL(import.meta.resolve(project.imports["@tensorflow/tfjs"]));
  if (tensors.protocol === "file:" && !existsSync(tensors)) {
    note("Fetching TensorFlow.js and the packages that go with it, once: about 60 MB.");
  }
  // Not a literal, which Deno would follow, and fetch, before the line above.
  const main: string = "./lib/commands/main.ts";
  const commands: typeof import("./lib/commands/main.ts") = await import(main);
  Deno.exit(await commands.main(Deno.args));
}
