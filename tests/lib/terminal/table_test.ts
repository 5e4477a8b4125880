import { assert, assertEquals } from "@std/assert";
import { table, widthOf } from "../../../lib/terminal/text.ts";

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

Deno.test("if there is too little room, the widest column is wrapped", () => {
  const rows = [["debiased", "0.1", "a text that is too long for a line"]];
  assertEquals(
    table(["name", "value", "what it is"], rows, 3, { columns: 32 }).split("\n"),
    [
      "name       value   what it is",
      "────────   ─────   ─────────────",
      "debiased   0.1     a text that",
      "                   is too long",
      "                   for a line",
    ],
  );
});

Deno.test("no line is wider than its columns, whatever the letters and however long the words", () => {
  const rows = [
    ["a-probe-with-a-name-of-many-words", "75.85 %", "9.10 %"],
    ["图像数据集的很长的名字", "9.00 %", "–"],
  ];
  for (let columns = 20; columns <= 90; columns++) {
    const text = table(["on the test split", "nearest-neighbors top-1", "x"], rows, 1, {
      columns,
    });
    for (const line of text.split("\n")) assert(widthOf(line) <= columns, `${columns}: ${line}`);
    const plain = text.replaceAll(/\s|─/g, "");
    for (const number of ["75.85", "9.10"]) assert(plain.includes(number));
  }
});
