/**
 * One training of a sweep, as `train --resume` in a process of its own: its device
 * memory is freed when it ends, and if it fails the sweep continues.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import project from "../../deno.json" with { type: "json" };
import { cacheFolder } from "../cache.ts";
import { DataError, Interrupted, type SignalName } from "../errors.ts";
import { jsonText, writeAtomic } from "../files.ts";
import { readConfig } from "../run/run_folder.ts";
import { pluginsOf } from "../trust.ts";
import { identity, type Run } from "./plan.ts";

const CLI = new URL("../../cli.ts", import.meta.url);
const CONFIG = new URL("../../deno.json", import.meta.url);
const LOCK = new URL("../../deno.lock", import.meta.url);

/** What the process printed, in the run's folder. */
export const OUTPUT = "output.txt";

/**
 * Throws a DataError where the run's folder holds a run of another configuration, as one that was
 * trained further by hand.
 */
export async function checkFolder({ folder, config, factsOf, older }: Run): Promise<void> {
  const there = await Deno.stat(join(folder, "config.json")).catch(() => undefined);
  if (!there || older) return;
  const begun = Object(await readConfig(folder));
  if (identity(begun, factsOf) === identity(config, factsOf)) return;
  throw new DataError({
    act: `continue the run ${folder}`,
    rule: "its config.json must be the one that the sweep began it with",
    next: "Move the folder elsewhere; the sweep will make it again.",
  });
}

/**
 * Trains and evaluates a run from where it is, or from the start. A signal is passed on to the process
 * once, so that it saves its state; then this returns when it has ended.
 *
 * @returns why it failed; undefined where it did not.
 */
export async function trainRun(
  { folder, config }: Run,
  signal: AbortSignal,
): Promise<string | undefined> {
  await Deno.mkdir(folder, { recursive: true });
  await writeAtomic(join(folder, "config.json"), jsonText(config));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--unstable-webgpu", "--no-prompt", ...permissions(folder)],
      ...(CONFIG.protocol === "file:"
        ? [`--config=${fileURLToPath(CONFIG)}`, `--lock=${fileURLToPath(LOCK)}`]
        : []),
      ...[CLI.href, "train", `--resume=${folder}`],
      // The person named them for the sweep; the run was not made yet.
      ...pluginsOf(config).map((specifier) => `--plugin=${specifier}`),
    ],
    // Ctrl-C reaches all processes of a terminal's group: this one would hear it twice.
    detached: true,
    // What it says is read.
    env: { FORCE_COLOR: "0" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stop = () => child.kill(signalOf(signal));
  signal.addEventListener("abort", stop, { once: true });
  const { code, signal: killer, stdout, stderr } = await child.output();
  signal.removeEventListener("abort", stop);
  const [results, remarks] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  await writeAtomic(join(folder, OUTPUT), remarks + results);
  if (code === 0) return undefined;
  const error = remarks.split("\n").findLast((line) => line.startsWith("error: "));
  if (error) return error.slice("error: ".length);
  return killer ? `It was ended by ${killer}.` : `It ended with the exit code ${code}.`;
}

/**
 * What the process may do: where this one may do all, so may it; else what the task `train` may, but
 * that it writes in the run's folder and the cache alone, and finds the data on this machine.
 */
function permissions(folder: string): string[] {
  const whole = (name: Deno.PermissionName) =>
    Deno.permissions.querySync({ name }).state === "granted";
  if (whole("write") && whole("env") && whole("run")) return ["-A"];
  return [
    ...project.tasks.train.command.split(" ").filter((flag) => /^-[RES]\b|^--ignore/.test(flag)),
    `-W=${folder},${cacheFolder()}`,
    ...(whole("ffi") ? ["--allow-ffi"] : []),
    ...(whole("net") ? ["-N"] : []),
  ];
}

/** The signal that aborted; SIGTERM where it was no signal. */
export function signalOf({ reason }: AbortSignal): SignalName {
  return reason instanceof Interrupted ? reason.signal : "SIGTERM";
}
