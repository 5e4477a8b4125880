import { assertEquals, assertThrows } from "@std/assert";
import { DataError, DeviceError, PluginError } from "../../../lib/errors.ts";
import { blame, outOfMemory } from "../../../lib/train/blame.ts";

const throwing = (error: unknown) => () => {
  throw error;
};

Deno.test("what a plugin throws is a PluginError with its name and the cause", () => {
  const cause = new TypeError("x is undefined");
  const error = assertThrows(
    () => blame("encoder", "mine", "be applied", throwing(cause)),
    PluginError,
    'Cannot use the encoder mine: it must be applied without an error, got "x is undefined". ',
  );
  assertEquals(error.cause, cause);
  assertThrows(() => blame("encoder", undefined, "be applied", throwing("text")), PluginError);
});

Deno.test("an error that says what to do already passes as it is", () => {
  const error = new DataError({ act: "read", rule: "it must be whole", next: "Fetch it." });
  assertEquals(assertThrows(() => blame("dataset", "x", "read", throwing(error))), error);
});

Deno.test("a lack of memory, in any device's words, advises smaller pieces once", () => {
  const words = [
    new RangeError("Array buffer allocation failed"),
    new WebAssembly.RuntimeError("memory access out of bounds"),
    new Error("Aborted(OOM)"),
    new WebAssembly.RuntimeError("Aborted(). Build with -sASSERTIONS for more info."),
    new DeviceError({
      act: "go on with the webgpu device",
      rule: "every shader must run",
      got: "Not enough memory left. Out of memory",
      next: "Update the driver.",
    }),
  ];
  for (const cause of words) {
    const advised = outOfMemory(cause);
    assertEquals(advised?.message.match(/--micro_batch=32/g)?.length, 1, cause.message);
    assertEquals(outOfMemory(advised), advised);
    assertThrows(() => blame("objective", "x", "act", throwing(cause)), DeviceError);
  }
  assertEquals(outOfMemory(new Error("the room is full")), undefined);
  assertEquals(outOfMemory("out of memory"), undefined);
});
