/**
 * Locks: on the folder of a run, which keeps a second writer out, and on a file in the cache, for
 * which the second one waits.
 *
 * @module
 */
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { UsageError } from "../errors.ts";
import { UNFINISHED, writeError } from "../files.ts";

const FILE = "lock";

/** Milliseconds that making a lock takes at most, where its name is there before its contents. */
const MAKING = 10_000;

/** Locks that this process holds: after a restart another process may have had the same number. */
const held = new Set<string>();

/** Locks that this process has written, so that each has a name of its own. */
let written = 0;

export interface Lock {
  /** Lets the next writer in. */
  release(): Promise<void>;
}

/**
 * Locks `folder` by a file made exclusively, which names process and host. A lock whose process
 * is gone from this host is taken over, and so is one that names no process; any other is a
 * UsageError. A DataError where no lock can be written advises `next`.
 */
export async function lockFolder(folder: string, next?: string): Promise<Lock> {
  const path = join(await Deno.realPath(folder), FILE);
  if (held.has(path)) throw inUse(path, `process ${Deno.pid} on ${hostname()}`);
  held.add(path);
  try {
    // Once more after a stale lock was cleared; a second failure means another writer was faster.
    if (!await create(path, next)) {
      await clearStale(path);
      if (!await create(path, next)) throw inUse(path, "another process");
    }
  } catch (error) {
    held.delete(path);
    throw error;
  }
  return {
    async release() {
      if (held.delete(path)) await Deno.remove(path).catch(() => {});
    },
  };
}

/** Whether a process that may be alive holds the lock of `folder`: of another host, one cannot know. */
export async function isLocked(folder: string): Promise<boolean> {
  const path = join(folder, FILE);
  const found = await read(path);
  return found !== undefined && (!isStale(found) || held.has(path));
}

/**
 * Makes the lock, whole at once: it is written under another name and linked to its own, so that a
 * full disk or a kill leaves no lock that names nobody. False where there is one already.
 */
async function create(path: string, next?: string): Promise<boolean> {
  const aside = join(dirname(path), `.lock.${Deno.pid}.${++written}${UNFINISHED}`);
  try {
    await Deno.writeTextFile(aside, owner());
  } catch (cause) {
    await Deno.remove(aside).catch(() => {});
    throw writeError(path, cause, next);
  }
  try {
    await Deno.link(aside, path);
    return true;
  } catch (cause) {
    const { AlreadyExists, NotFound } = Deno.errors;
    // Whoever has the lock sweeps up what others left unfinished.
    if (cause instanceof AlreadyExists || cause instanceof NotFound) return false;
    return await createInPlace(path, next);
  } finally {
    await Deno.remove(aside).catch(() => {});
  }
}

/** Makes the lock where the file system has no links, as FAT and some network shares. */
async function createInPlace(path: string, next?: string): Promise<boolean> {
  try {
    await Deno.writeTextFile(path, owner(), { createNew: true });
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) return false;
    await Deno.remove(path).catch(() => {});
    throw writeError(path, cause, next);
  }
}

/**
 * Removes a lock whose process is gone, or that names none and is not just being made; a UsageError
 * where the process is alive or of another host.
 */
async function clearStale(path: string): Promise<void> {
  const found = await read(path);
  if (found === undefined) return;
  if (!isStale(found)) {
    const { pid, host } = found;
    throw inUse(
      path,
      pid === undefined ? "a process that it does not name" : `process ${pid} on ${host}`,
    );
  }
  // Renamed first, so that of two processes that saw the same stale lock only one takes it away.
  const aside = `${path}.${Deno.pid}`;
  try {
    await Deno.rename(path, aside);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return;
    throw writeError(path, cause);
  }
  const moved = await Deno.readTextFile(aside);
  if (moved !== found.text) await Deno.link(aside, path).catch(() => {});
  await Deno.remove(aside);
}

/** What a lock says. */
interface Found {
  readonly text: string;
  /** When it was written, in milliseconds. */
  readonly time: number;
  /** The process and its host; absent where the lock names none. */
  readonly pid?: number;
  readonly host?: string;
}

/** Reads a lock; undefined where there is none. */
async function read(path: string): Promise<Found | undefined> {
  try {
    const [text, { mtime }] = await Promise.all([Deno.readTextFile(path), Deno.stat(path)]);
    const [, pid, host] = /^(\d+) (\S+)\n$/.exec(text) ?? [];
    const found = { text, time: mtime?.getTime() ?? 0 };
    return pid === undefined ? found : { ...found, pid: Number(pid), host };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    return { text: "", time: Date.now() }; // one that may not be read is somebody's
  }
}

/** Whether nobody can hold a lock that says this; of another host, one cannot know. */
function isStale({ pid, host, time }: Found): boolean {
  if (pid === undefined) return Date.now() - time > MAKING;
  return host === hostname() && (isGone(pid) || pid === Deno.pid);
}

const owner = (): string => `${Deno.pid} ${hostname()}\n`;

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

function inUse(path: string, by: string): UsageError {
  return new UsageError({
    act: "write to the run",
    rule: "only one process at a time may write to it, and another holds its lock",
    got: by,
    next: `Wait for it to end; if it is certainly no longer running, delete ${path}.`,
  });
}

/**
 * Runs `act` while holding the lock file at `path`, made where missing and left there. The lock is
 * the operating system's, so that it ends with the process that held it.
 *
 * @param waiting called once where another process holds the lock.
 */
export async function withLock<T>(
  path: string,
  act: () => Promise<T>,
  waiting: () => void,
  signal?: AbortSignal,
): Promise<T> {
  using file = await Deno.open(path, { write: true, create: true });
  if (!await file.tryLock(true)) {
    waiting();
    do await delay(100, undefined, { signal }); while (!await file.tryLock(true));
  }
  return await act();
}
