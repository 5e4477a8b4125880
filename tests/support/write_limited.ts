/**
 * Writes to a run whose files may not grow: a stand-in for a full disk. Run it under `ulimit -f`.
 * Arguments: the run, then what to write (`checkpoint` or `metrics`; `lock` is written for any), or
 * a folder and `new`, to make a run in it.
 */
import { createRun, reopenRun } from "../../lib/run/run_folder.ts";

const [path, what] = Deno.args;
const big = 1 << 16;
try {
  const run = what === "new" ? await createRun(path, "new", {}) : await reopenRun(path);
  try {
    if (what === "checkpoint") {
      await run.saveCheckpoint({ epoch: 2, stepInEpoch: 0 }, new Uint8Array(big));
    } else {
      await run.append({ step: 2, text: "x".repeat(big) });
    }
  } finally {
    await run.close();
  }
} catch (error) {
  const line = error instanceof Error ? `${error.name}: ${error.message}` : error;
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}
