/**
 * `dashboard`: runs in the browser, while they train.
 *
 * @module
 */
import { basename } from "node:path";
import { z } from "zod";
import { facts } from "../facts.ts";
import { realFileInside } from "../dashboard/runs.ts";
import { UsageError } from "../errors.ts";
import { printErr } from "../terminal/print.ts";
import type { Command } from "../command_line/command.ts";
import { outOption } from "./shared/run_options.ts";

const options = z.strictObject({
  out: outOption,
  run: z.array(z.string()).default([])
    .describe("folders of runs in it to begin with; default the newest")
    .meta({ ...facts("call"), format: "run-path" }),
  port: z.int().min(0).max(65535).default(6007)
    .describe("port at 127.0.0.1; 0 takes any that is free").meta(facts("call")),
});

export const command: Command<typeof options> = {
  spec: { options, roles: {} },
  async run({ config: { options: { out, run, port } }, signal, result }) {
    await checkFolder(out);
    const { serveDashboard } = await import("../dashboard/serve.ts");
    const query = new URLSearchParams(
      await Promise.all(run.map(async (named) => ["run", await runIn(out, named)])),
    );
    const { url } = await serveDashboard(out, port, signal);
    const shown = run.length > 0 ? `${url}?${query}` : url;
    result({ url: shown }, ({ url }) => `dashboard: ${url}`);
    printErr(`It shows the runs in ${out} until Ctrl-C.`);
    // A browser may have closed the connection already.
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    }
    signal.throwIfAborted();
  },
};

/** Throws UsageError where `out` is no folder; it may yet come to be one. */
async function checkFolder(out: string): Promise<void> {
  const info = await Deno.stat(out).catch(() => undefined);
  if (info && !info.isDirectory) {
    throw new UsageError({
      act: `show the runs in ${out}`,
      rule: "it must be a folder",
      next: "Name the --out that the runs were trained with.",
    });
  }
  if (!info) printErr(`There is no folder ${out} yet; its runs appear when a training starts.`);
}

/** The name of a run in `out`, given as such or as a folder. Throws UsageError where there is none. */
async function runIn(out: string, named: string): Promise<string> {
  const name = basename(named);
  const config = name && await realFileInside(out, name, "config.json");
  if (config) return name;
  throw new UsageError({
    act: `show the run ${named}`,
    rule: `the folder ${out} must contain it`,
    next: "Name a folder in it, or leave out --run for the newest.",
  });
}
