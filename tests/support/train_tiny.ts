/**
 * Trains the tiny parts in a process of its own. Arguments: the device, the run's folder (opened
 * where it exists, else made), and optionally a step after which to hang until killed.
 */
import { basename, dirname } from "node:path";
import { type DeviceName, openDevice } from "../../lib/device/device.ts";
import { createRun, reopenRun } from "../../lib/run/run_folder.ts";
import { train } from "../../lib/train/train.ts";
import { statefulObjective, tinyOptions, tinyParts } from "./tiny_parts.ts";

const [deviceName, path, hangAfter] = Deno.args;
const device = await openDevice(deviceName as DeviceName);
const exists = await Deno.stat(path).then(() => true, () => false);
const run = exists ? await reopenRun(path) : await createRun(dirname(path), basename(path), {});
const parts = { ...tinyParts(device), objective: statefulObjective(device), run };
await train(parts, tinyOptions({ epochs: 3 }), {
  onStep: ({ step }) => {
    if (String(step) !== hangAfter) return;
    Deno.stdout.writeSync(new TextEncoder().encode("hanging\n"));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
await run.close();
Deno.exit(0);
