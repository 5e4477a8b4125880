import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { DataError } from "../../lib/errors.ts";
import {
  checkRoom,
  fileProblem,
  showBytes,
  sizeOf,
  writeAtomic,
  writeError,
} from "../../lib/files.ts";
import { inFolder } from "../support/folders.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a file is written, then replaced, and nothing else is left in its folder", async () => {
  const folder = await Deno.makeTempDir();
  await writeAtomic(`${folder}/a.txt`, "old");
  await writeAtomic(`${folder}/a.txt`, new TextEncoder().encode("new"));
  assertEquals(await Deno.readTextFile(`${folder}/a.txt`), "new");
  assertEquals(names(folder), ["a.txt"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a failed write is a DataError and leaves the folder unchanged", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/a.txt`);
  await assertRejects(
    () => writeAtomic(`${folder}/a.txt`, "new"),
    DataError,
    `Cannot write ${folder}/a.txt: ${folder}/a.txt must be readable and writable, got`,
  );
  assertEquals(names(folder), ["a.txt"]);
  await assertRejects(
    () => writeAtomic(`${folder}/missing/a.txt`, "new"),
    DataError,
    `Cannot write ${folder}/missing/a.txt: the folder ${folder}/missing must exist.`,
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("failures of the file system become DataErrors; our errors and interruptions pass unchanged", () => {
  const full = Object.assign(new Error("No space left"), { code: "ENOSPC" });
  const problem = fileProblem("write x", "/x", full);
  assert(problem instanceof DataError);
  assertEquals(
    problem.message,
    'Cannot write x: the disk of /x must have room, got "No space left". ' +
      "Free some room, or use a folder on another disk, and run the same command again.",
  );
  // A write says the same of the disk, and what its caller advises.
  assertEquals(
    writeError("/x", full, "Go on later.").message,
    'Cannot write /x: the disk of /x must have room, got "No space left". Go on later.',
  );
  assert(fileProblem("read x", "/x", new Error("Permission denied")) instanceof DataError);
  const ours = new DataError({ act: "a", rule: "b", next: "c" });
  assertEquals(fileProblem("read x", "/x", ours), ours);
  const aborted = new DOMException("stop", "AbortError");
  assertEquals(fileProblem("read x", "/x", aborted), aborted);
});

Deno.test("too little room is a DataError that says how much there is", () =>
  inFolder(async (folder) => {
    await checkRoom("write x", folder, 1);
    await assertRejects(
      () => checkRoom("write x", folder, 2 ** 52),
      DataError,
      "must have 4,503,599,627,370,496 bytes free",
    );
  }));

Deno.test("a size is that of the file, and undefined where there is none", () =>
  inFolder(async (folder) => {
    const path = join(folder, "file");
    await Deno.writeFile(path, new Uint8Array(7));
    assertEquals(await sizeOf(path), 7);
    assertEquals(await sizeOf(join(folder, "other")), undefined);
    assertEquals(await sizeOf(join(path, "below a file")), undefined);
    assertEquals(showBytes(1_234_567), "1,234,567 bytes");
  }));
