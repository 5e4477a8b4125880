import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { withLock } from "../../../lib/run/lock.ts";
import { inFolder } from "../../support/folders.ts";

const never = () => {
  throw new Error("there is nobody to wait for");
};

Deno.test("a lock is free again after its holder returns or throws", () =>
  inFolder(async (folder) => {
    const path = join(folder, ".lock");
    assertEquals(await withLock(path, () => Promise.resolve(1), never), 1);
    const fail = () => Promise.reject(new Error("failed on request"));
    await assertRejects(() => withLock(path, fail, never), Error, "failed on request");
    assertEquals(await withLock(path, () => Promise.resolve(2), never), 2);
  }));

Deno.test("a lock held by another process is waited for, and ends with that process", () =>
  inFolder(async (folder) => {
    const path = join(folder, ".lock");
    const code = `
      const file = Deno.openSync(${JSON.stringify(path)}, { write: true, create: true });
      file.lockSync(true);
      console.log("held");
      setInterval(() => {}, 1000);`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-config", code],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const order: string[] = [];
    const killOther = () => {
      order.push("waiting");
      child.kill("SIGKILL");
    };
    await withLock(path, () => Promise.resolve(order.push("held here")), killOther);
    await child.status;
    assertEquals(order, ["waiting", "held here"]);
  }));

Deno.test("waiting for a lock can be interrupted", () =>
  inFolder(async (folder) => {
    const path = join(folder, ".lock");
    const interrupt = new AbortController();
    const second = () =>
      withLock(path, () => Promise.resolve(), () => interrupt.abort(), interrupt.signal);
    await withLock(path, () => assertRejects(second, Error, "abort"), never);
  }));
