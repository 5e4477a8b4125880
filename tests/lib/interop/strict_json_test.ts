import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseStrictJson } from "../../../lib/interop/strict_json.ts";

Deno.test("JSON of texts and counts is parsed as JSON.parse does", () => {
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: "binary" }),
      fc.constantFrom('"', "\\", '\\"', ":", "[{", "-1e5", "a\\u0061"),
      fc.nat(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(fc.string({ unit: "binary" }), tie("tree"), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(tree, fc.nat(2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assertEquals(parseStrictJson(text, 9), JSON.parse(text));
    }),
    { seed: 1, numRuns: 500 },
  );
});

Deno.test("what parsers disagree on is a SyntaxError that says what", () => {
  const refuses = (text: string, message: string) =>
    assertThrows(() => parseStrictJson(text, 2), SyntaxError, message);
  refuses('{"a":1,"b":2,"a":3}', 'the name "a" twice');
  refuses('{"a":1,"\\u0061":3}', 'the name "a" twice');
  refuses('{"x":{"a":1,"a":3}}', 'the name "a" twice');
  refuses('["\\udc00"]', "half a surrogate pair");
  refuses("[[[]]]", "nesting deeper than 2");
  for (const number of ["-1", "-0", "1.5", "1.0", "1e3", "1E3", "1e+3"]) {
    refuses(`[${number}]`, "not digits alone");
  }
  refuses("[01]", "");
  refuses('["a', "");
  refuses("", "");
});

Deno.test("names may be the same in different objects, and equal to texts", () => {
  const text = '{"a":{"b":"a"},"b":{"b":"b"},"c":["a","a"]}';
  assertEquals(parseStrictJson(text, 2), JSON.parse(text));
});
