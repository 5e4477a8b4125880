import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { type ConfigSpec, type Layer, resolveConfig } from "../../lib/config.ts";
import { UsageError } from "../../lib/errors.ts";
import { defineObjective, defineProbe, type Kind, type Plugin } from "../../lib/plugin.ts";
import type { Registry } from "../../lib/registry.ts";

const objective = (name: string, options: z.ZodObject) =>
  defineObjective({ name, summary: name, options, create: () => ({ loss: () => fail() }) });
const fail = (): never => {
  throw new Error("not called");
};
const plugins: Plugin[] = [
  objective(
    "debiased",
    z.strictObject({ tauPlus: z.number().lt(1).default(0.1), t: z.number().default(0.5) }),
  ),
  objective("biased", z.strictObject({ t: z.number().default(0.5) })),
  defineProbe({
    name: "knn",
    summary: "knn",
    options: z.strictObject({ k: z.number().default(200), t: z.number().default(0.5) }),
    create: () => ({ evaluate: fail }),
  }),
];
const registry: Registry = {
  names: (kind) => plugins.filter((plugin) => plugin.kind === kind).map(({ name }) => name),
  get: <K extends Kind>(kind: K, name: string) =>
    Promise.resolve(
      plugins.find((plugin): plugin is Plugin<K> => plugin.kind === kind && plugin.name === name)!,
    ),
};
const spec: ConfigSpec<z.ZodObject> = {
  options: z.strictObject({ epochs: z.number().int().default(500), k: z.number().default(7) }),
  roles: { objective: "debiased", probe: "knn" },
  groups: { views: z.strictObject({ flip: z.number().default(0.5) }) },
};
const flags = (values: Record<string, string>): Layer => ({ source: "flags", values, text: true });
const file = (values: Record<string, unknown>): Layer => ({
  source: "a.json",
  values,
  text: false,
});
const resolve = (...layers: Layer[]) => resolveConfig(spec, layers, registry);

Deno.test("flags override the file, the file overrides defaults", async () => {
  const { options, roles, groups } = await resolve(
    file({ epochs: 20, tau_plus: 0.2, "views.flip": 0 }),
    flags({ tau_plus: "0.3" }),
  );
  assertEquals(options, { epochs: 20, k: 7 });
  assertEquals(roles.objective?.options, { tauPlus: 0.3, t: 0.5 });
  assertEquals(groups.views, { flip: 0 });
});

Deno.test("a bare name means the command's own option, else the only plugin option of that name", async () => {
  const { options, roles } = await resolve(
    flags({ k: "3", "objective.t": "0.1", "probe.k": "9", "probe.t": "0.9" }),
  );
  assertEquals(options.k, 3);
  assertEquals(roles.objective?.options.t, 0.1);
  assertEquals(roles.probe?.options, { k: 9, t: 0.9 });
});

Deno.test("a bare name that two sections have is refused with both full names", async () => {
  const { message } = await assertRejects(() => resolve(flags({ t: "0.1" })), UsageError);
  assertStringIncludes(message, "it could be --objective.t or --probe.t");
  const inFile = await assertRejects(() => resolve(file({ t: 0.1 })), UsageError);
  assertStringIncludes(inFile.message, "it could be objective.t or probe.t");
});

Deno.test("an option that states no facts has those of its plugin's kind", async () => {
  const { factsOf } = await resolve();
  assertEquals([factsOf("probe.k").resume, factsOf("objective.t").resume], ["free", "fixed"]);
  assertEquals([factsOf("probe.k").baseline, factsOf("objective.t").baseline], [true, false]);
});

Deno.test("a resolved configuration resolves to itself", async () => {
  const config = await resolve(flags({ objective: "biased", "objective.t": "0.1", epochs: "3" }));
  const again = await resolve(file(config.flat));
  assertEquals(again.flat, config.flat);
  assertEquals(again.roles.objective?.plugin.name, "biased");
});

Deno.test("a preset's options for a plugin that a flag replaces are void", async () => {
  const { roles } = await resolve(
    file({ objective: "debiased", "objective.tau_plus": 0.2 }),
    flags({ objective: "biased" }),
  );
  assertEquals(roles.objective?.options, { t: 0.5 });
});

Deno.test("a misspelt flag fails and names the nearest", async () => {
  await assertRejects(
    () => resolve(flags({ tau_pluss: "0.1" })),
    UsageError,
    "Cannot understand --tau_pluss: there is no such option here. Did you mean --tau_plus?",
  );
});

Deno.test("a flag named as a property that every object inherits is not an option", async () => {
  for (const name of ["constructor", "toString", "constructor.k", "valueOf.x"]) {
    await assertRejects(() => resolve(flags({ [name]: "1" })), UsageError, `--${name}`);
  }
});

Deno.test("a misspelt option in a file is named with the file", async () => {
  await assertRejects(
    () => resolve(file({ epoch: 3 })),
    UsageError,
    "Cannot understand epoch of a.json: there is no such option here. Did you mean epochs?",
  );
});

Deno.test("a value out of range is named by the flag that reaches it", async () => {
  await assertRejects(
    () => resolve(flags({ tau_plus: "1" })),
    UsageError,
    "Cannot set --tau_plus: ",
  );
  await assertRejects(
    () => resolve(flags({ "probe.t": "x" })),
    UsageError,
    "Cannot set --probe.t: ",
  );
});
