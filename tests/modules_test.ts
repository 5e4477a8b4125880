import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { KINDS, loadRegistry } from "../lib/registry.ts";

const REPOSITORY = fileURLToPath(new URL("../", import.meta.url));

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier: string };
    }[];
  }[];
}

async function json(command: string, ...paths: string[]): Promise<unknown> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [command, "--json", ...paths],
    cwd: REPOSITORY,
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The modules of ours that each of ours imports when it is loaded: values, and not later. */
async function imports(...entries: string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const entry of entries) {
    const { modules } = await json("info", entry) as Graph;
    for (const { specifier, dependencies = [] } of modules) {
      if (!specifier.startsWith("file:")) continue;
      const now = dependencies.filter(({ isDynamic }) => !isDynamic)
        .flatMap(({ code }) => code?.specifier ?? []).filter((to) => to.startsWith("file:"));
      found.set(specifier, now);
    }
  }
  return found;
}

/** The first circle of imports, if any; `seen` are modules below which there is none. */
function circle(graph: ReadonlyMap<string, string[]>): string[] | undefined {
  const seen = new Set<string>();
  const visit = (module: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(module)) return [...path.slice(path.indexOf(module)), module];
    if (seen.has(module)) return undefined;
    for (const next of graph.get(module) ?? []) {
      const found = visit(next, [...path, module]);
      if (found) return found;
    }
    seen.add(module);
  };
  for (const module of graph.keys()) {
    const found = visit(module, []);
    if (found) return found;
  }
}

Deno.test("no module imports a value from one that imports it, by whatever way", async () => {
  const graph = await imports("mod.ts", "lib/command_line/main.ts");
  assert(graph.size > 150, `${graph.size} modules`);
  const found = circle(graph)?.map((module) => module.slice(import.meta.url.lastIndexOf("tests/")));
  assertEquals(found, undefined);
  // It finds one where there is one.
  assertEquals(circle(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]])), ["b", "c", "b"]);
});

Deno.test("a plugin's file has its name, and every file there is a built-in plugin", async () => {
  const registry = await loadRegistry([]);
  for (const kind of KINDS) {
    const files: string[] = [];
    for await (const { name, isFile } of Deno.readDir(`${REPOSITORY}plugins/${kind}s`)) {
      if (isFile && name.endsWith(".ts")) files.push(name.replace(/\.ts$/, ""));
    }
    assertEquals(files.toSorted(), registry.names(kind).toSorted(), kind);
    for (const file of files) {
      const module = await import(new URL(`../plugins/${kind}s/${file}.ts`, import.meta.url).href);
      assertEquals(module.default.name, file);
      assertEquals(module.default.kind, kind);
    }
  }
});

Deno.test("mod.ts of the objectives exports what its files do", async () => {
  const all = Object.keys(await import("../lib/objectives/mod.ts"));
  const each = new Set<string>();
  for await (const { name } of Deno.readDir(`${REPOSITORY}lib/objectives`)) {
    if (name === "mod.ts") continue;
    const module = await import(new URL(`../lib/objectives/${name}`, import.meta.url).href);
    Object.keys(module).forEach((key) => each.add(key));
  }
  assertEquals(all.toSorted(), [...each].toSorted());
});

Deno.test("files are read by readFile, readText and openFile, which refuse pipes and devices", async () => {
  const allowed = [
    "lib/files.ts",
    "lib/command_line/layer.ts", // what --config names may be a pipe: --config=<(…)
    "lib/doctor/adapters.ts", // of the system
    "lib/data/source.ts", // an example
    "lib/scaffold/project.ts", // a folder of the author's own, and templates
  ];
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(REPOSITORY + folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) await walk(path);
      else if (name.endsWith(".ts") && !allowed.includes(path)) {
        const read = /Deno\.(read(Text)?File(Sync)?\(|open(Sync)?\([^,)]*\))/.exec(
          await Deno.readTextFile(REPOSITORY + path),
        );
        assertEquals(read?.[0], undefined, `${path} reads a file by Deno's own function`);
      }
    }
  };
  for (const folder of ["lib", "plugins"]) await walk(folder);
});
