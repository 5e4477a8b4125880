import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TauplusError } from "../../../lib/errors.ts";
import { COMMANDS } from "../../../lib/command_line/commands.ts";
import { main, requireDeno } from "../../../lib/command_line/main.ts";

Deno.test("a Deno that is too old is reported, with what to do", () => {
  for (const version of ["1.46.3", "2.5.7"]) {
    assertThrows(() => requireDeno(version), TauplusError, `2.6 or newer, got "${version}"`);
  }
});

Deno.test("this Deno and later ones are new enough", () => {
  for (const version of [Deno.version.deno, "2.6.0", "2.10.0", "3.0.0-rc.1"]) requireDeno(version);
});

Deno.test("a device lost outside of a plugin gives exit code 4, too", async () => {
  const { doctor } = COMMANDS;
  const { writeSync } = Deno.stderr;
  let said = "";
  Deno.stderr.writeSync = (bytes) => {
    said += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  const fails = (message: string) => {
    Object.assign(COMMANDS, {
      doctor: { ...doctor, load: () => Promise.reject(new Error(message)) },
    });
    return main(["doctor"]);
  };
  try {
    assertEquals(await fails("Buffer with '' label is invalid"), 4);
    assertEquals(await fails("The label is missing"), 1);
  } finally {
    Object.assign(COMMANDS, { doctor });
    Deno.stderr.writeSync = writeSync;
  }
  assertStringIncludes(said, "Cannot continue on the device: it must not be lost while in use");
});
