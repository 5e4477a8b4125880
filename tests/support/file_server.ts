/** A local HTTP server of files that fails on request, in the ways real ones do. */
import { setTimeout as delay } from "node:timers/promises";

/** How to answer one request: in full and by the rules where nothing is set. */
export interface Answer {
  /** Send this many bytes of the body, then drop the connection. */
  readonly cutAfter?: number;
  /** Send this many bytes of the body, then nothing, and keep the connection. */
  readonly stallAfter?: number;
  /** Answer this instead of the file. */
  readonly status?: number;
  /** Send the whole file, with status 200, whatever range was asked for. */
  readonly ignoreRange?: boolean;
  /** Send this in place of the file. */
  readonly body?: Uint8Array;
  /** Do not say how long the body is. */
  readonly chunked?: boolean;
}

/** A running server. */
export interface FileServer extends AsyncDisposable {
  /** The address of the folder of all files, without a slash at the end. */
  readonly url: string;
  /** The requests so far, as `name range`. */
  readonly requests: string[];
}

/** Serves `files` by name on the loopback; request i gets `answers[i]`, those after the last get all. */
export function serveFiles(
  files: Readonly<Record<string, Uint8Array>>,
  answers: readonly Answer[] = [],
): FileServer {
  const requests: string[] = [];
  const stopping = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: stopping.signal,
    onListen: () => {},
    // A body that fails is what the test asked for.
    onError: () => new Response(null, { status: 500 }),
  }, (request) => {
    const name = new URL(request.url).pathname.slice(1);
    const range = request.headers.get("range");
    const answer = answers[requests.length] ?? {};
    requests.push(`${name} ${range ?? "whole"}`);
    if (answer.status) return new Response("an apology", { status: answer.status });
    const file = answer.body ?? files[name];
    if (!file) return new Response("no such file", { status: 404 });
    return respond(file, range, answer);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await server.finished;
    },
  };
}

function respond(file: Uint8Array, range: string | null, answer: Answer): Response {
  const start = answer.ignoreRange ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  if (start > 0 && start >= file.length) return new Response(null, { status: 416 });
  const part = file.slice(start);
  const headers = new Headers();
  if (!answer.chunked) headers.set("content-length", String(part.length));
  if (range && !answer.ignoreRange) {
    headers.set("content-range", `bytes ${start}-${file.length - 1}/${file.length}`);
  }
  const status = headers.has("content-range") ? 206 : 200;
  const keep = answer.cutAfter ?? answer.stallAfter;
  if (keep === undefined && !answer.chunked) return new Response(part, { status, headers });
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!sent) {
        sent = true;
        if (keep !== 0) return controller.enqueue(part.slice(0, keep));
      }
      if (answer.cutAfter !== undefined) {
        // What was sent goes out before the connection is dropped.
        await delay(20);
        return controller.error(new Error("cut on request"));
      }
      if (answer.stallAfter !== undefined) return new Promise(() => {});
      controller.close();
    },
  });
  return new Response(body, { status, headers });
}
