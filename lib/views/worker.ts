/**
 * The thread of `createViewMaker`. Its first message brings a port; the jobs and replies go
 * through that.
 *
 * @module
 */
import { augment } from "./augment.ts";
import type { ViewJob, ViewReply } from "./pool.ts";

globalThis.addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  const [port] = event.ports;
  port.onmessage = ({ data: job }: MessageEvent<ViewJob>) => {
    try {
      const views = job.keys.map((key) =>
        augment(job.examples, job.shape, job.indices, key, job.options, job.mean, job.std)
      );
      const reply: ViewReply = { views };
      port.postMessage(reply, views.map(({ buffer }) => buffer));
    } catch (error) {
      const reply: ViewReply = { error: error instanceof Error ? error.message : String(error) };
      port.postMessage(reply);
    }
  };
});
