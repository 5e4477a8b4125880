/** `auto`: the rule by itself, and real devices. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { chooseDevice, decide } from "../../lib/choose_device.ts";

const hardware = { description: "NVIDIA H100", software: false };
const software = { description: "llvmpipe, software adapter", software: true };

Deno.test("without an adapter the device is wasm", () => {
  assertEquals(decide(undefined, undefined).device, "wasm");
});

Deno.test("a graphics processor is taken without measuring", () => {
  assertEquals(decide(hardware, undefined).device, "webgpu");
});

Deno.test("the faster of a software adapter and wasm is chosen", () => {
  assertEquals(decide(software, { wasm: 10, webgpu: 9 }).device, "webgpu");
  assertEquals(decide(software, { wasm: 10, webgpu: 11 }).device, "wasm");
});

Deno.test("a software adapter that fails gives wasm", () => {
  assertEquals(decide(software, { wasm: 10, webgpu: null }).device, "wasm");
});

Deno.test({
  name: "auto opens a device, says why, and remembers what it measured",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const cache = await Deno.makeTempDir();
    const notes: string[] = [];
    const first = await chooseDevice("auto", { cache, note: (sentence) => notes.push(sentence) });
    assertEquals(first.tf.getBackend(), first.backend);
    assertEquals(notes.length, 1);
    const file = join(cache, "devices.json");
    if (/A training step takes/.test(notes[0])) {
      // What is written decides the next time: with the order of the times turned, so is the choice.
      const remembered = JSON.parse(await Deno.readTextFile(file));
      const [key] = Object.keys(remembered);
      assertMatch(key, /software adapter.*probe \d/);
      const { wasm, webgpu } = remembered[key];
      await Deno.writeTextFile(file, JSON.stringify({ [key]: { wasm: webgpu, webgpu: wasm } }));
      const second = await chooseDevice("auto", { cache });
      assert(second.name !== first.name);
    }
    await Deno.remove(cache, { recursive: true });
  },
});

Deno.test({
  name: "a cache folder that cannot be made or read is no error",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const file = await Deno.makeTempFile();
    const device = await chooseDevice("auto", { cache: join(file, "below a file") });
    assertEquals(device.tf.getBackend(), device.backend);
    await Deno.remove(file);
  },
});

Deno.test("a device chosen by name is that device", async () => {
  const device = await chooseDevice("wasm");
  assertEquals([device.name, device.software], ["wasm", true]);
  assertMatch(device.description, /WebAssembly.*1 thread/);
});
