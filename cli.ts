/**
 * The command line: `deno run -A cli.ts train --objective=debiased --tau_plus=0.1`.
 *
 * @module
 */
import { main } from "./lib/commands/main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
