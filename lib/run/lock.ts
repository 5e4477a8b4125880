/**
 * A lock on a folder that keeps a second writer out.
 *
 * @module
 */
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { UsageError } from "../errors.ts";
import { writeError } from "./atomic_write.ts";

const FILE = "lock";

/** Locks that this process holds: after a restart another process may have had the same number. */
const held = new Set<string>();

/** A held lock. */
export interface Lock {
  /** Lets the next writer in. */
  release(): Promise<void>;
}

/**
 * Locks `folder` by a file made exclusively, which names process and host. A lock whose process
 * is gone from this host is taken over; any other is a UsageError.
 */
export async function lockFolder(folder: string): Promise<Lock> {
  const path = join(await Deno.realPath(folder), FILE);
  // Once more after a stale lock was cleared; a second failure means another writer was faster.
  if (!await create(path)) {
    await clearStale(path);
    if (!await create(path)) throw inUse(path, "another process");
  }
  held.add(path);
  return {
    async release() {
      if (held.delete(path)) await Deno.remove(path).catch(() => {});
    },
  };
}

/** Whether a process that may be alive holds the lock of `folder`: of another host, one cannot know. */
export async function isLocked(folder: string): Promise<boolean> {
  const text = await Deno.readTextFile(join(folder, FILE)).catch(() => undefined);
  if (text === undefined) return false;
  const [pid, host] = text.trim().split(" ");
  return host !== hostname() || !/^[0-9]+$/.test(pid) || !isGone(Number(pid));
}

async function create(path: string): Promise<boolean> {
  try {
    await Deno.writeTextFile(path, owner(), { createNew: true });
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) return false;
    throw writeError(path, cause);
  }
}

/** Removes the lock of a process that is gone; a UsageError where it is alive or of another host. */
async function clearStale(path: string): Promise<void> {
  const text = await Deno.readTextFile(path).catch(() => undefined);
  if (text === undefined) return;
  const [pid, host] = text.trim().split(" ");
  const whole = /^[0-9]+$/.test(pid) && host !== undefined && text.endsWith("\n");
  const stale = whole && host === hostname() && (isGone(Number(pid)) || pid === `${Deno.pid}`) &&
    !held.has(path);
  if (!stale) throw inUse(path, whole ? `process ${pid} on ${host}` : JSON.stringify(text));
  // Renamed first, so that of two processes that saw the same stale lock only one takes it away.
  const aside = `${path}.${Deno.pid}`;
  try {
    await Deno.rename(path, aside);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return;
    throw writeError(path, cause);
  }
  const moved = await Deno.readTextFile(aside);
  if (moved !== text) await Deno.link(aside, path).catch(() => {});
  await Deno.remove(aside);
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
    rule: "only one process at a time may, and its lock is held",
    got: by,
    next: `Wait for it to end; if it is surely gone, delete ${path}.`,
  });
}
