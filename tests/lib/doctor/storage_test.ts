/** Folders and datasets, good and bad. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { checkStorage, inspectDatasets, inspectFolder } from "../../../lib/doctor/storage.ts";
import { loadRegistry } from "../../../lib/registry.ts";
import { inFolder } from "../../support/folders.ts";

const GOOD = { name: "cache", path: "/cache", free: 5e9, problem: null } as const;

Deno.test("a missing folder is checked by the one above it, and is not made", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a", "b");
    const { free, problem } = await inspectFolder("cache", path);
    assertEquals(problem, null);
    assertEquals(typeof free, "number");
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("a folder under a file cannot be written", () =>
  inFolder(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    const found = await inspectFolder("runs", join(file, "runs"));
    const [{ level, what, next }] = checkStorage([found], []);
    assertEquals(level, "error");
    assertMatch(what, /^The folder of the runs, .*, cannot be written: /);
    assertMatch(next[0], /--out/);
  }));

Deno.test("less than a gigabyte is too little room", () => {
  assertEquals(checkStorage([GOOD], []), []);
  const [{ level, what }] = checkStorage([{ ...GOOD, free: 999e6 }], []);
  assertEquals([level, what], [
    "error",
    "The disk of the cache, /cache, has only 999 MB free.",
  ]);
});

Deno.test("a dataset is wrong where a file has another size, and unfinished where it is a part", () =>
  inFolder(async (cache) => {
    await Deno.mkdir(join(cache, "cifar10"));
    await Deno.writeTextFile(join(cache, "cifar10", "cifar-10-binary.tar.gz"), "not an archive");
    await Deno.mkdir(join(cache, "cifar100"));
    await Deno.writeTextFile(join(cache, "cifar100", "cifar-100-binary.tar.gz.part"), "begun");
    const env = { cache, progress: () => {}, signal: new AbortController().signal };
    const datasets = await inspectDatasets(await loadRegistry(), env, true);
    const states = Object.fromEntries(datasets.map(({ name, state }) => [name, state]));
    assertEquals([states.cifar10, states.cifar100, states.stl10], [
      "wrong size",
      "partial",
      "missing",
    ]);
    const levels = checkStorage([], datasets).map(({ level, next }) => [level, next[0]]);
    assertEquals(levels, [
      ["error", "Delete it, and run `deno task data fetch cifar10`."],
      ["warning", "Go on with it: `deno task data fetch cifar100`."],
    ]);
  }));
