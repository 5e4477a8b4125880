/**
 * Downloading one file of known size and checksum, over connections that break.
 *
 * @module
 */
import type { Hash } from "node:crypto";
import { basename, dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DataError } from "../errors.ts";
import { type Checksum, hashLike, hashMatches, hashRest } from "./checksum.ts";
import { checkRoom, fileProblem, showBytes } from "../files.ts";

/** What is known of a file, and how patient to be. */
export interface DownloadOptions {
  /** The size of the file. */
  readonly bytes: number;
  readonly checksum: Checksum;
  /** Called with the number of bytes that are here. */
  readonly progress?: (done: number) => void;
  /** Stops the download; what has arrived stays, to be continued. */
  readonly signal?: AbortSignal;
  /** Give up after this many requests in a row that brought nothing new; default 5. */
  readonly attempts?: number;
  /** The first wait between requests in milliseconds, doubled up to 32-fold; default 500. */
  readonly backoff?: number;
  /** Give up a request after this many milliseconds without a byte; default 30,000. */
  readonly patience?: number;
}

/** A download under way: the part that is here, and where the rest comes from. */
export interface Transfer extends DownloadOptions {
  /** Where the file comes from. */
  readonly url: string;
  /** The part, open for writing at its end. */
  readonly file: Deno.FsFile;
  /** The hash of the part. */
  hash: Hash;
  /** The bytes of the part. */
  have: number;
  /** The error for a server whose answer will not do, however often it is asked. */
  refuse(got: string): DataError;
}

/**
 * Downloads `url` to `path`. Bytes go to `<path>.part`, which a later call continues (HTTP Range);
 * only a file of the right size and checksum gets the name `path`. Two calls for one path must not
 * run at the same time: see `withLock`.
 *
 * @throws DataError where the server refuses or sends other bytes (which are deleted), cannot be
 * reached, or the disk is full; it says how to place the file by hand.
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const { bytes, checksum, signal } = options;
  const act = `download ${basename(path)}`;
  const partPath = `${path}.part`;
  const refuse = (got: string) =>
    new DataError({
      act,
      rule: `${url} must serve ${showBytes(bytes)} with the checksum ${checksum}`,
      got,
      next: `Try again later, or get the file in another way and place it at ${path}.`,
    });
  let transfer: Transfer | undefined;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    using file = await Deno.open(partPath, { read: true, write: true, create: true });
    transfer = { ...options, url, file, hash: hashLike(checksum), have: 0, refuse };
    const { size } = await file.stat();
    if (size > bytes) await restart(transfer);
    else if (size > 0) transfer.have = await hashRest(file, transfer.hash, signal);
    await checkRoom(act, dirname(path), bytes - transfer.have);
    await finish(transfer);
    if (!hashMatches(transfer.hash, checksum)) {
      await restart(transfer);
      throw refuse("other bytes");
    }
    await file.sync();
    await Deno.rename(partPath, path);
  } catch (error) {
    // An empty part is of no use.
    if (transfer?.have === 0) await Deno.remove(partPath);
    signal?.throwIfAborted();
    throw fileProblem(act, partPath, error);
  }
}

/** Requests until all bytes are here. */
async function finish(transfer: Transfer): Promise<void> {
  const { bytes, attempts = 5, backoff = 500, signal } = transfer;
  let most = transfer.have;
  for (let failures = 0; transfer.have < bytes;) {
    let problem = "a connection that closed early";
    try {
      await requestRest(transfer);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      problem = error.message;
    }
    if (transfer.have === bytes) return;
    failures = transfer.have > most ? 0 : failures + 1;
    most = Math.max(most, transfer.have);
    if (failures >= attempts) throw transfer.refuse(problem);
    const wait = backoff * 2 ** Math.min(Math.max(failures - 1, 0), 5);
    await delay(wait, undefined, { signal });
  }
}

/** A request that failed in a way that another may not. */
class RetryableError extends Error {}

/**
 * Requests what is missing and appends it to the part. Returns where the body ends, which may be
 * early.
 *
 * @throws RetryableError where another request may help, DataError where none will.
 */
async function requestRest(transfer: Transfer): Promise<void> {
  const { url, bytes, signal, patience = 30_000, progress } = transfer;
  const idle = new AbortController();
  const giveUp = () => idle.abort(new RetryableError(`no byte in ${patience / 1000} s`));
  let timer = setTimeout(giveUp, patience);
  try {
    const response = await asRetryable(
      fetch(url, {
        // Compressed on the way, size and range would be those of something else.
        headers: { "accept-encoding": "identity", range: `bytes=${transfer.have}-` },
        signal: signal ? AbortSignal.any([signal, idle.signal]) : idle.signal,
      }),
      idle.signal,
    );
    const error = await responseError(response, transfer);
    if (error || !response.body) {
      await response.body?.cancel();
      throw error ?? new RetryableError("an empty answer");
    }
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await asRetryable(reader.read(), idle.signal);
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(giveUp, patience);
      if (transfer.have + value.length > bytes) {
        await reader.cancel();
        await restart(transfer);
        throw transfer.refuse("more bytes");
      }
      await append(transfer, value);
      progress?.(transfer.have);
    }
  } finally {
    clearTimeout(timer);
    // Where the body was not read to its end, as on a full disk, this drops the connection.
    idle.abort();
  }
}

/** Empties the part. */
async function restart(transfer: Transfer): Promise<void> {
  await transfer.file.truncate(0);
  await transfer.file.seek(0, Deno.SeekMode.Start);
  transfer.hash = hashLike(transfer.checksum);
  transfer.have = 0;
}

/** What is wrong with the head of a response, if anything. Where it sends all again, so do we. */
async function responseError(response: Response, transfer: Transfer): Promise<Error | undefined> {
  const { status, statusText, headers } = response;
  const got = `${status} ${statusText}`.trim();
  if (status === 206) {
    const range = headers.get("content-range") ?? "";
    const [, start, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? [];
    if (Number(start) !== transfer.have) {
      await restart(transfer);
      return new RetryableError(`the range ${range}`);
    }
    return sizeError(size === "*" ? null : size, transfer);
  }
  if (status === 200) {
    if (transfer.have > 0) await restart(transfer);
    return sizeError(headers.get("content-length"), transfer);
  }
  if (status === 416) {
    await restart(transfer);
    return new RetryableError(got);
  }
  const mayPass = status >= 500 || status === 408 || status === 429;
  return mayPass ? new RetryableError(got) : transfer.refuse(got);
}

/** Another size is another file, or a page about one: known before it has filled the disk. */
async function sizeError(size: string | null, transfer: Transfer): Promise<Error | undefined> {
  if (size === null || Number(size) === transfer.bytes) return undefined;
  await restart(transfer);
  return transfer.refuse(showBytes(Number(size)));
}

/** Turns a network failure into one to try again after, but not the end of the wait by `idle`. */
async function asRetryable<T>(promise: Promise<T>, idle: AbortSignal): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (idle.aborted) throw idle.reason;
    // Where fetch says only that it failed, its cause says why.
    const { message, cause } = error as Error;
    throw new RetryableError(cause instanceof Error ? cause.message : message);
  }
}

async function append(transfer: Transfer, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await transfer.file.write(bytes.subarray(written));
  }
  transfer.hash.update(bytes);
  transfer.have += bytes.length;
}
