/** Runs the command line as a person would, in a process of its own. */
import { fileURLToPath } from "node:url";
import { readMetrics } from "../../lib/run/metrics.ts";
import { latestRun } from "../../lib/run/run_folder.ts";

const CLI = fileURLToPath(new URL("../../cli.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const LOCK = fileURLToPath(new URL("../../deno.lock", import.meta.url));

/** What a command did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A training of seconds: 64 images of 16×16 pixels in 3 classes. */
export const TINY = [
  "--dataset=synthetic",
  "--classes=3",
  "--train=64",
  "--test=24",
  "--size=16",
  "--crop_size=16",
  "--encoder.widths=4,8",
  "--encoder.strides=1,2",
  "--feature_dim=8",
  "--batch_size=16",
  "--k=10",
  "--device=wasm",
];

/**
 * The environment of a command that a test runs: its downloads and its records of runs made here stay
 * in the test's folder, and are not those of the user who runs the tests.
 */
export function keptIn(folder: string): Record<string, string> {
  return { NO_COLOR: "1", TAUPLUS_CACHE: `${folder}/cache`, XDG_STATE_HOME: `${folder}/state` };
}

/** Whether a command has recorded there that it trained with a plugin. */
export async function hasRecords(folder: string): Promise<boolean> {
  const records = `${folder}/state/tauplus/runs-made-here`;
  return await Deno.stat(records).then(() => true, () => false);
}

/** Starts a command in a folder. */
export function startCommand(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `--config=${CONFIG}`, `--lock=${LOCK}`, CLI, ...args],
    cwd,
    env: { ...keptIn(cwd), ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a command in a folder to its end. */
export async function runCommand(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const { code, stdout, stderr } = await startCommand(cwd, args, env).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs several commands in a folder, in one process: as many processes would, but sooner. */
export async function runInTurn(
  cwd: string,
  commands: readonly (readonly string[])[],
): Promise<Outcome[]> {
  const script = fileURLToPath(new URL("in_turn.ts", import.meta.url));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `--config=${CONFIG}`, script, JSON.stringify(commands)],
    cwd,
    env: keptIn(cwd),
    stdin: "null",
  }).output();
  const [said, remarked] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes).split(SEPARATOR)
  );
  return commands.map((_, i) => ({
    code: Number(said[i + 1]?.split("\n", 1)[0] ?? NaN),
    stdout: i === 0 ? said[0] : said[i].slice(said[i].indexOf("\n") + 1),
    stderr: remarked[i] ?? "",
  }));
}

/** What stands after the words of each command, before its exit code. */
export const SEPARATOR = "\u0000exit code ";

/** Waits until the log of the latest run has enough lines, or the command has ended. */
export async function untilLogged(
  child: Deno.ChildProcess,
  cwd: string,
  enough: (lines: number) => boolean,
): Promise<void> {
  let ended = false;
  child.status.then(() => ended = true);
  while (!ended) {
    const run = await latestRun(`${cwd}/runs`);
    if (run && enough((await readMetrics(run)).length)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
