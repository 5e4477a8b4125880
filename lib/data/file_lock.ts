/**
 * One process at a time.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";

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
