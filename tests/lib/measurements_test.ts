import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { z } from "zod";
import { recall, remember } from "../../lib/measurements.ts";

const Schema = z.record(z.string(), z.number());

Deno.test("what is remembered is recalled, in a folder made for it", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "new", "times.json");
  assertEquals(await recall(file, Schema), {});
  await remember(file, { a: 1, b: 2 });
  assertEquals(await recall(file, Schema), { a: 1, b: 2 });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a damaged file, or one of another form, is read as empty", async () => {
  const file = await Deno.makeTempFile();
  for (const text of ["", '{"a": 1', '{"a": "text"}', "[]"]) {
    await Deno.writeTextFile(file, text);
    assertEquals(await recall(file, Schema), {});
  }
  await Deno.remove(file);
});

Deno.test("without a file, or where it cannot be written, nothing is remembered", async () => {
  await remember(undefined, { a: 1 });
  assertEquals(await recall(undefined, Schema), {});
  const file = await Deno.makeTempFile();
  await remember(join(file, "below a file"), { a: 1 });
  assertEquals(await recall(join(file, "below a file"), Schema), {});
  await Deno.remove(file);
});
