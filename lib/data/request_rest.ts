/**
 * One HTTP request of a download: from where the part ends to where the connection does.
 *
 * @module
 */
import { hashLike } from "./checksum.ts";
import type { Transfer } from "./download.ts";
import { showBytes } from "./file_problem.ts";

/** A request that failed in a way that another may not. */
export class PassingFailure extends Error {}

/**
 * Requests what is missing and appends it to the part. Returns where the body ends, which may be
 * early.
 *
 * @throws PassingFailure where another request may help, DataError where none will.
 */
export async function requestRest(transfer: Transfer): Promise<void> {
  const { url, bytes, signal, patience = 30_000, progress } = transfer;
  const idle = new AbortController();
  const giveUp = () => idle.abort(new PassingFailure(`no byte in ${patience / 1000} s`));
  let timer = setTimeout(giveUp, patience);
  try {
    const response = await passing(
      fetch(url, {
        // Compressed on the way, size and range would be those of something else.
        headers: { "accept-encoding": "identity", range: `bytes=${transfer.have}-` },
        signal: signal ? AbortSignal.any([signal, idle.signal]) : idle.signal,
      }),
      idle.signal,
    );
    const error = await judge(response, transfer);
    if (error || !response.body) {
      await response.body?.cancel();
      throw error ?? new PassingFailure("an empty answer");
    }
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await passing(reader.read(), idle.signal);
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
export async function restart(transfer: Transfer): Promise<void> {
  await transfer.file.truncate(0);
  await transfer.file.seek(0, Deno.SeekMode.Start);
  transfer.hash = hashLike(transfer.checksum);
  transfer.have = 0;
}

/** What is wrong with the head of a response, if anything. Where it sends all again, so do we. */
async function judge(response: Response, transfer: Transfer): Promise<Error | undefined> {
  const { status, statusText, headers } = response;
  const got = `${status} ${statusText}`.trim();
  if (status === 206) {
    const range = headers.get("content-range") ?? "";
    const [, start, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? [];
    if (Number(start) !== transfer.have) {
      await restart(transfer);
      return new PassingFailure(`the range ${range}`);
    }
    return judgeSize(size === "*" ? null : size, transfer);
  }
  if (status === 200) {
    if (transfer.have > 0) await restart(transfer);
    return judgeSize(headers.get("content-length"), transfer);
  }
  if (status === 416) {
    await restart(transfer);
    return new PassingFailure(got);
  }
  const mayPass = status >= 500 || status === 408 || status === 429;
  return mayPass ? new PassingFailure(got) : transfer.refuse(got);
}

/** Another size is another file, or a page about one: known before it has filled the disk. */
async function judgeSize(size: string | null, transfer: Transfer): Promise<Error | undefined> {
  if (size === null || Number(size) === transfer.bytes) return undefined;
  await restart(transfer);
  return transfer.refuse(showBytes(Number(size)));
}

/** The network's failures may pass; those of the caller's signal are told apart by the caller. */
async function passing<T>(promise: Promise<T>, idle: AbortSignal): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (idle.aborted) throw idle.reason;
    // Where fetch says only that it failed, its cause says why.
    const { message, cause } = error as Error;
    throw new PassingFailure(cause instanceof Error ? cause.message : message);
  }
}

async function append(transfer: Transfer, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await transfer.file.write(bytes.subarray(written));
  }
  transfer.hash.update(bytes);
  transfer.have += bytes.length;
}
