import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { hostname } from "node:os";
import { UsageError } from "../../../lib/errors.ts";
import { isLocked, lockFolder } from "../../../lib/run/lock.ts";

async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await fn(folder);
  await Deno.remove(folder, { recursive: true });
}

/** The number of a process that has ended. */
async function goneProcess(): Promise<number> {
  const child = new Deno.Command("true").spawn();
  await child.status;
  return child.pid;
}

Deno.test("a second lock is refused and names the process, until the first is released", () =>
  inFolder(async (folder) => {
    const lock = await lockFolder(folder);
    await assertRejects(() => lockFolder(folder), UsageError, `process ${Deno.pid} on`);
    await lock.release();
    assertEquals([...Deno.readDirSync(folder)], []);
    await (await lockFolder(folder)).release();
  }));

Deno.test("the lock of a process that is gone is taken over", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/lock`, `${await goneProcess()} ${hostname()}\n`);
    const lock = await lockFolder(folder);
    assert((await Deno.readTextFile(`${folder}/lock`)).startsWith(`${Deno.pid} `));
    assertEquals([...Deno.readDirSync(folder)].length, 1);
    await lock.release();
  }));

Deno.test("a lock of an earlier process with this process's number is stale", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/lock`, `${Deno.pid} ${hostname()}\n`);
    await (await lockFolder(folder)).release();
  }));

Deno.test("the lock of a live process or of another host stays", () =>
  inFolder(async (folder) => {
    const locks = [`${Deno.ppid} ${hostname()}\n`, `${await goneProcess()} elsewhere\n`];
    for (const text of locks) {
      await Deno.writeTextFile(`${folder}/lock`, text);
      await Deno.utime(`${folder}/lock`, 1000, 1000);
      await assertRejects(() => lockFolder(folder), UsageError, `delete ${folder}/lock`);
      assertEquals(await Deno.readTextFile(`${folder}/lock`), text);
      assert(await isLocked(folder));
    }
  }));

Deno.test("a lock without a process is taken over, unless it is just being written", () =>
  inFolder(async (folder) => {
    for (const text of ["", "1", `${Deno.ppid} `, "garbage\n", "\0\0\0\0"]) {
      await Deno.writeTextFile(`${folder}/lock`, text);
      assert(await isLocked(folder));
      await assertRejects(() => lockFolder(folder), UsageError, `delete ${folder}/lock`);
      await Deno.utime(`${folder}/lock`, 1000, 1000);
      assert(!await isLocked(folder));
      await (await lockFolder(folder)).release();
      assertEquals([...Deno.readDirSync(folder)], []);
    }
  }));

Deno.test("of many that want a lock at once, one has it and none sees it half written", () =>
  inFolder(async (folder) => {
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
    const got = all.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
    assertEquals(got.length, 1);
    for (const one of all) {
      if (one.status === "rejected") {
        assertStringIncludes(String(one.reason), `process ${Deno.pid} on ${hostname()}`);
      }
    }
    await got[0].release();
    assertEquals([...Deno.readDirSync(folder)], []);
  }));
