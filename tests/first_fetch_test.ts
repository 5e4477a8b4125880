import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };

const REPOSITORY = fileURLToPath(new URL("../", import.meta.url));

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly { readonly code?: { readonly specifier: string } }[];
  }[];
}

/** What Deno loads, and fetches, before the first line of a module runs: no types. */
async function loaded(entry: string): Promise<Set<string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--lock=deno.lock", entry],
    cwd: REPOSITORY,
  }).output();
  const { modules }: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const known = new Map(modules.map((module) => [module.specifier, module]));
  const found = new Set([new URL(`../${entry}`, import.meta.url).href]);
  for (const specifier of found) {
    for (const { code } of known.get(specifier)?.dependencies ?? []) {
      if (code) found.add(code.specifier);
    }
  }
  return found;
}

Deno.test("the first command fetches nothing that only reports, images, tests or benches need", async () => {
  const late = ["sharp", "umap-js", "vega", "vega-interpreter", "vega-lite", "fast-check"];
  late.push("puppeteer-core", "@jax-js/jax");
  // `deno task` fetches all that deno.json and a lock file named there have, before it says a word.
  assertEquals(Object.values(config.imports).filter((to) => to.startsWith("npm:")), []);
  assertEquals(config.lock, false);
  const modules = [...await loaded("cli.ts"), ...await loaded("lib/command_line/main.ts")];
  assert(modules.some((module) => module.endsWith("/lib/commands/train_and_evaluate.ts")));
  assert(
    modules.some((module) => module.startsWith("npm:") && module.includes("@tensorflow/tfjs@")),
  );
  for (const name of late) {
    const there = modules.filter((module) =>
      module.startsWith("npm:") && module.includes(`${name}@`) ||
      module.endsWith(`/packages/${name}.ts`)
    );
    assertEquals(there, [], `${name} is imported by a literal`);
  }
  const line = (await loaded("cli.ts")).values().filter((module) => module.startsWith("npm:"));
  assertEquals([...line], [], "cli.ts says that it fetches before it does");
});

Deno.test("the lock file has every package, so that the registry is not asked for versions", async () => {
  const files = ["cli.ts", "lib/command_line/main.ts"];
  for (const folder of ["lib/packages", "tests/support/packages"]) {
    for await (const { name } of Deno.readDir(REPOSITORY + folder)) files.push(`${folder}/${name}`);
  }
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", "--lock=deno.lock", "--frozen", ...files],
    cwd: REPOSITORY,
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});
