/** Runs the command lines given as JSON, one after another; each is followed by its exit code. */
import { main } from "../../lib/command_line/main.ts";
import { SEPARATOR } from "./command_line.ts";

const encoder = new TextEncoder();
for (const args of JSON.parse(Deno.args[0])) {
  const code = await main(args);
  for (const stream of [Deno.stdout, Deno.stderr]) {
    stream.writeSync(encoder.encode(`${SEPARATOR}${code}\n`));
  }
}
Deno.exit(0);
