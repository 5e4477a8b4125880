import { assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../../lib/errors.ts";
import { encodeSafetensors, type NamedArray } from "../../../lib/interop/safetensors.ts";
import {
  CHECKPOINT_FORMAT,
  encodeCheckpoint,
  readCheckpoint,
  readVerified,
} from "../../../lib/train/checkpoint.ts";

const tensors = new Map<string, NamedArray>([
  ["b", { dtype: "F32", shape: [2], data: new Float32Array([1, 2]) }],
  ["a", { dtype: "I32", shape: [], data: new Int32Array([3]) }],
]);
const counters = { epoch: 2, stepInEpoch: 5, step: 17, seconds: 1.5 };

async function inFile(bytes: Uint8Array, fn: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, bytes);
  await fn(path);
  await Deno.remove(path);
}

Deno.test("a checkpoint is read as it was written", () =>
  inFile(encodeCheckpoint({ counters, tensors, metadata: { encoder: "conv" } }), async (path) => {
    const read = await readCheckpoint(path);
    assertEquals(read.counters, counters);
    assertEquals([...read.tensors].sort(), [...tensors].sort());
    assertEquals(read.metadata.encoder, "conv");
  }));

Deno.test("any flipped byte of a checkpoint is found", async () => {
  const bytes = encodeCheckpoint({ counters, tensors, metadata: {} });
  for (let at = 0; at < bytes.length; at++) {
    // Padding of the header is all that no hash covers.
    if (bytes[at] === 0x20) continue;
    const damaged = bytes.slice();
    damaged[at] ^= 0x01;
    await inFile(damaged, async (path) => {
      await assertRejects(() => readCheckpoint(path), DataError, "delete the run", `byte ${at}`);
    });
  }
});

Deno.test("a file of another format, or without its hash, is no checkpoint", async () => {
  const wrong: [Record<string, string>, string][] = [
    [{}, "the format undefined"],
    [{ format: "tauplus-checkpoint-0" }, "the format tauplus-checkpoint-0"],
    [{ format: CHECKPOINT_FORMAT, epoch: "1" }, "the SHA-256 in its metadata"],
  ];
  for (const [metadata, message] of wrong) {
    await inFile(
      encodeSafetensors(tensors, metadata),
      async (path) => {
        await assertRejects(() => readCheckpoint(path), DataError, message);
      },
    );
  }
});

Deno.test("a file without a hash is read; a missing one is a DataError", async () => {
  await inFile(encodeSafetensors(tensors, {}), async (path) => {
    assertEquals((await readVerified(path)).tensors.size, 2);
  });
  await assertRejects(() => readVerified("none.safetensors"), DataError, "Cannot read none");
});

Deno.test("a counter that is no count is refused", async () => {
  for (const step of [NaN, -1]) {
    const bytes = encodeCheckpoint({ counters: { ...counters, step }, tensors, metadata: {} });
    await inFile(bytes, async (path) => {
      await assertRejects(() => readCheckpoint(path), DataError, `step = ${step}`);
    });
  }
});
