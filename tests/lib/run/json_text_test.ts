import { assertEquals, assertRejects } from "@std/assert";
import { parseJson } from "../../../lib/files.ts";

const utf8 = new TextEncoder();

Deno.test("JSON is read in the encodings that Windows' editors and shells write", async () => {
  const text = '{"objective":"debiased","τ⁺":0.1}';
  const value = JSON.parse(text);
  const utf16 = (little: boolean) => {
    const view = new DataView(new ArrayBuffer(2 * text.length + 2));
    [0xfeff, ...Array.from(text, (c) => c.charCodeAt(0))].forEach((unit, i) =>
      view.setUint16(2 * i, unit, little)
    );
    return new Uint8Array(view.buffer);
  };
  assertEquals(await parseJson(utf8.encode(text)), value);
  assertEquals(await parseJson(utf8.encode("\ufeff" + text)), value);
  assertEquals(await parseJson(utf16(true)), value);
  assertEquals(await parseJson(utf16(false)), value);
});

for (
  const [text, where] of [
    ['{\n  "k": 5,\n  "seed": x\n}', "line 3, column 11: invalid symbol"],
    ['{\n  "k": 5\n  "seed": 1\n}', "line 3, column 3: comma expected"],
    ['{"k": 5,}', "line 1, column 9: property name expected"],
    ['{"k": 5', "line 1, column 8: close brace expected"],
    ["", "line 1, column 1: value expected"],
  ]
) {
  Deno.test(`wrong JSON is ${where}`, async () => {
    await assertRejects(() => parseJson(utf8.encode(text)), SyntaxError, where);
  });
}
