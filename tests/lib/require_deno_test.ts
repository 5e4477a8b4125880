import { assertThrows } from "@std/assert";
import { TauplusError } from "../../lib/errors.ts";
import { requireDeno } from "../../lib/command_line/main.ts";

Deno.test("a Deno that is too old is told so, with what to do", () => {
  for (const version of ["1.46.3", "2.5.7"]) {
    assertThrows(() => requireDeno(version), TauplusError, `2.6 or newer, got "${version}"`);
  }
});

Deno.test("this Deno and later ones are new enough", () => {
  for (const version of [Deno.version.deno, "2.6.0", "2.10.0", "3.0.0-rc.1"]) requireDeno(version);
});
