import { assertEquals } from "@std/assert";
import { table } from "../../../lib/terminal/table.ts";

Deno.test("names align to the left, numbers to the right", () => {
  assertEquals(
    table(["encoder", "top-1"], [["trained", "84.80 %"], ["raw", "9.50 %"]]),
    [
      "encoder     top-1",
      "───────   ───────",
      "trained   84.80 %",
      "raw        9.50 %",
    ].join("\n"),
  );
});

Deno.test("more columns can be texts", () => {
  assertEquals(
    table(["a", "b"], [["long", "x"], ["c", "yy"]], 2),
    ["a      b", "────   ──", "long   x", "c      yy"].join("\n"),
  );
});
