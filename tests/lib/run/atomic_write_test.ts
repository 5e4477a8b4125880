import { assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../../lib/errors.ts";
import { writeAtomic } from "../../../lib/run/atomic_write.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a file is written, then replaced, and nothing else is left in its folder", async () => {
  const folder = await Deno.makeTempDir();
  await writeAtomic(`${folder}/a.txt`, "old");
  await writeAtomic(`${folder}/a.txt`, new TextEncoder().encode("new"));
  assertEquals(await Deno.readTextFile(`${folder}/a.txt`), "new");
  assertEquals(names(folder), ["a.txt"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a write that cannot be finished is a DataError and leaves the folder as it was", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/a.txt`);
  await assertRejects(
    () => writeAtomic(`${folder}/a.txt`, "new"),
    DataError,
    `Cannot write ${folder}/a.txt: the disk must have space`,
  );
  assertEquals(names(folder), ["a.txt"]);
  await assertRejects(
    () => writeAtomic(`${folder}/missing/a.txt`, "new"),
    DataError,
    `Cannot write ${folder}/missing/a.txt: the folder ${folder}/missing must exist.`,
  );
  await Deno.remove(folder, { recursive: true });
});
