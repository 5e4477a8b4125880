/**
 * Two kinds of locks. The lock on the folder of a run refuses a second writer. The lock on a file in
 * the cache makes a second process wait.
 *
 * @module
 */
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { UsageError } from "../errors.ts";
import { readText, UNFINISHED, writeError } from "../files.ts";

const FILE = "lock";

/** Milliseconds that writing a lock takes at most; only after that is one without contents stale. */
const MAKING = 10_000;

/**
 * Paths of the locks that this process holds. A lock file with this process's number may be left from
 * an earlier process with the same number, so the file alone does not tell.
 */
const held = new Set<string>();

/** Counts the locks that this process has written; part of a temporary name. */
let written = 0;

export interface Lock {
  /** Removes the lock, so that another process can write. */
  release(): Promise<void>;
}

/**
 * Locks `folder` by a file that names the process and the host. A lock is taken over if its process
 * no longer runs on this host, or if it names no process.
 *
 * Throws a UsageError if another process holds the lock, and a DataError with the advice `next` if
 * the lock cannot be written.
 */
export async function lockFolder(folder: string, next?: string): Promise<Lock> {
  const path = join(await Deno.realPath(folder), FILE);
  if (held.has(path)) throw inUse(path, `process ${Deno.pid} on ${hostname()}`);
  held.add(path);
  try {
    // Tries again after a stale lock was removed. If that fails too, another process was faster.
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

/** Whether a process holds the lock of `folder`. A process of another host counts as alive. */
export async function isLocked(folder: string): Promise<boolean> {
  const path = join(folder, FILE);
  const found = await read(path);
  return found !== undefined && (!isStale(found) || held.has(path));
}

/**
 * Makes the lock; false if there is one already. The file is written under a temporary name and then
 * linked, so that a full disk or a killed process leaves no lock without contents.
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
    // NotFound: the process that holds the lock removed our unfinished file.
    if (cause instanceof AlreadyExists || cause instanceof NotFound) return false;
    return await createInPlace(path, next);
  } finally {
    await Deno.remove(aside).catch(() => {});
  }
}

/** Makes the lock on a file system without links, such as FAT and some network shares. */
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
 * Removes a stale lock: its process no longer runs, or it names none and is not just being written.
 * Throws a UsageError if the process is alive or of another host.
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
  // Renamed first: if two processes see the same stale lock, only one of them removes it.
  const aside = `${path}.${Deno.pid}`;
  try {
    await Deno.rename(path, aside);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return;
    throw writeError(path, cause);
  }
  const moved = await readText(aside);
  if (moved !== found.text) await Deno.link(aside, path).catch(() => {});
  await Deno.remove(aside);
}

/** The contents of a lock file. */
interface Found {
  readonly text: string;
  /** When it was written, in milliseconds. */
  readonly time: number;
  /** The process and its host; absent if the lock names none. */
  readonly pid?: number;
  readonly host?: string;
}

/** Reads a lock; undefined if there is none. */
async function read(path: string): Promise<Found | undefined> {
  try {
    const [text, { mtime }] = await Promise.all([readText(path), Deno.stat(path)]);
    const [, pid, host] = /^(\d+) (\S+)\n$/.exec(text) ?? [];
    const found = { text, time: mtime?.getTime() ?? 0 };
    return pid === undefined ? found : { ...found, pid: Number(pid), host };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    return { text: "", time: Date.now() }; // a lock without permission to read it: somebody holds it
  }
}

/** Whether no process can hold this lock. A lock of another host is never stale. */
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
 * Runs `act` while holding a lock on the file at `path`. The file is made if it is missing, and is
 * not removed. The operating system releases the lock when the process ends.
 *
 * @param waiting called once if another process holds the lock
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
