/**
 * `doctor`: whether this machine computes right, how fast, and what is missing.
 *
 * @module
 */
import { z } from "zod";
import { facts } from "../facts.ts";
import { cacheFolder } from "../cache.ts";
import { resolveConfig } from "../config.ts";
import { TauplusError } from "../errors.ts";
import type { Command } from "../command_line/command.ts";
import { outOption } from "./shared/run_options.ts";

const options: z.ZodObject<{
  device: z.ZodDefault<z.ZodEnum<{ all: "all"; webgpu: "webgpu"; wasm: "wasm" }>>;
  quick: z.ZodDefault<z.ZodBoolean>;
  out: typeof outOption;
}, z.core.$strict> = z.strictObject({
  device: z.enum(["all", "webgpu", "wasm"]).default("all")
    .describe("which devices to check; all: those that are there").meta(facts("call")),
  quick: z.boolean().default(false)
    .describe("leave out the speed, and the checksums of datasets").meta(facts("call")),
  out: outOption,
});

export const command: Command<typeof options> = {
  spec: { options, roles: {} },
  async run({ config: { options: { device, quick, out } }, registry, signal, bar, result }) {
    const { diagnose } = await import("../doctor/diagnose.ts");
    const { diagnosisText } = await import("../doctor/diagnosis_text.ts");
    const { presetLayer } = await import("../command_line/layer.ts");
    const train = await import("./train.ts");
    const quickstart = await presetLayer("quickstart");
    const diagnosis = await diagnose({
      device: device === "all" ? undefined : device,
      quick,
      out,
      registry,
      quickstart: await resolveConfig(train.command.spec, [quickstart], registry),
      env: { cache: cacheFolder(), progress: (progress) => bar.show(progress), signal },
    });
    bar.end();
    result(diagnosis, diagnosisText);
    const errors = diagnosis.findings.filter(({ level }) => level === "error");
    if (errors.length === 0) return;
    throw new TauplusError({
      act: "call this machine fit",
      rule: `${errors.length === 1 ? "one thing is" : `${errors.length} things are`} off`,
      got: errors[0].what,
      next: errors[0].next[0] ?? "",
    });
  },
};
