import { assert, assertEquals, assertRejects } from "@std/assert";
import { hostname } from "node:os";
import { UsageError } from "../../../lib/errors.ts";
import { lockFolder } from "../../../lib/run/lock.ts";

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

Deno.test("an earlier process of this process's own number is gone", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/lock`, `${Deno.pid} ${hostname()}\n`);
    await (await lockFolder(folder)).release();
  }));

Deno.test("the lock of a live process, of another host or of no sense stays", () =>
  inFolder(async (folder) => {
    const locks = [`${Deno.ppid} ${hostname()}\n`, `${await goneProcess()} elsewhere\n`, "", "1"];
    for (const text of locks) {
      await Deno.writeTextFile(`${folder}/lock`, text);
      await assertRejects(() => lockFolder(folder), UsageError, `delete ${folder}/lock`);
      assertEquals(await Deno.readTextFile(`${folder}/lock`), text);
    }
  }));
