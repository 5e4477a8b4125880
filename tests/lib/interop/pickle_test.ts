import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DataError } from "../../../lib/errors.ts";
import { unpickle } from "../../../lib/interop/pickle.ts";
import type { PickleValue } from "../../../lib/interop/pickle_machine.ts";
import { torchHost } from "../../../lib/interop/torch_pickle.ts";
import golden from "../../golden/pth.json" with { type: "json" };
import { failAsData } from "../../support/fail_as_data.ts";
import { latin } from "../../support/pickles.ts";

const read = (bytes: Uint8Array<ArrayBuffer>) =>
  unpickle(bytes, 0, torchHost(failAsData), failAsData);
const readText = (text: string) => read(latin(text));

const pickles = golden.pickles.map((text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));

pickles.forEach((bytes, protocol) => {
  Deno.test(`a pickle of protocol ${protocol} holds what Python put there`, () => {
    const { value, end } = read(bytes);
    assertEquals(end, bytes.length);
    assert(value instanceof Map);
    const numbers = value.get("numbers");
    assertEquals(
      [...value],
      [
        ["text", "π\n\\"],
        [
          "numbers",
          [0, 255, 65535, -1, 2 ** 31, -(2 ** 40), 2n ** 80n, -(2n ** 80n), 0.5, Infinity],
        ],
        ["others", [null, true, false, [], [1], [1, 2], [1, 2, 3], [], new Map()]],
        ["ordered", new Map([["b", 1], ["a", 2]])],
        ["long", Array.from({ length: 300 }, (_, i) => i)],
        ["itself", numbers],
      ],
    );
    assertStrictEquals(value.get("itself"), numbers, "what is remembered is one value");
  });
});

Deno.test("a list, a tuple and a dict may contain themselves", () => {
  const { value: list } = readText("\x80\x02]q\x00h\x00a.");
  assert(Array.isArray(list) && list[0] === list);
  const { value: dict } = readText("\x80\x02}q\x00U\x01ah\x00s.");
  assert(dict instanceof Map && dict.get("a") === dict);
  const { value: tuple } = readText("\x80\x02]q\x00h\x00\x85a.");
  assert(Array.isArray(tuple) && Array.isArray(tuple[0]) && tuple[0][0] === tuple);
});

Deno.test("a list a million deep is read as any other", () => {
  const depth = 1_000_000;
  const bytes = latin("]".repeat(depth) + "a".repeat(depth - 1) + ".");
  let { value }: { value: PickleValue | undefined } = read(bytes);
  let levels = 0;
  for (; Array.isArray(value); levels++) value = value[0];
  assertEquals(levels, depth);
});

Deno.test("sets, bytes and frames are read, and what is popped is gone", () => {
  const frame = "\x95\x02" + "\0".repeat(7);
  assertEquals(readText(`\x80\x04${frame}\x8f(K\x01K\x02\x90.`).value, [1, 2]);
  assertEquals(readText("(K\x01K\x02\x91.").value, [1, 2]);
  assertEquals(readText("C\x02ab.").value, latin("ab"));
  assertEquals(readText("K\x01K\x020.").value, 1);
  assertEquals(readText("K\x01(K\x02K\x031.").value, 1);
  assertEquals(readText("K\x012\x86.").value, [1, 1]);
  assertEquals(readText("K\x01(0.").value, 1, "a mark can be popped too");
  assertEquals(readText("Nq\x000h\x00.").value, null, "None is remembered too");
});

Deno.test("a list is made into a dict once: thousands of copies would fill the memory", () => {
  const dictOf = (list: string) => `ccollections\nOrderedDict\n${list}\x85R`;
  const { value } = readText(`](${dictOf("]q\x00(](K\x01Nee")}${dictOf("h\x00")}e.`);
  assertEquals(value, [new Map([[1, null]]), new Map()]);
});

const named: [string, string][] = [
  ["os.system", "cos\nsystem\n(U\x04truetR."],
  ["posix.system", "\x80\x02cposix\nsystem\nq\x00."],
  ["builtins.eval", "\x80\x04\x8c\x08builtins\x8c\x04eval\x93."],
  ["builtins.getattr", "\x80\x02cbuiltins\ngetattr\n(cos\nsystem\nU\x01xtR."],
  ["__builtin__.exec", "(i__builtin__\nexec\n."],
  ["subprocess.Popen", "\x80\x02csubprocess\nPopen\n)\x81."],
  ["argparse.Namespace", "\x80\x02cargparse\nNamespace\n)\x81}U\x02lrK\x01sb."],
  ["a.Class", "\x80\x04\x8c\x01a\x8c\x05Class\x93)}\x92."],
  ["a.Class", "(ca\nClass\nK\x01o."],
  ["a.Dict", "\x80\x02ca\nDict\n)\x81(U\x01aK\x01uU\x01bK\x02s."],
  ["a.List", "\x80\x02ca\nList\n)\x81(K\x01K\x02eK\x03a."],
  ["a.Set", "\x80\x04\x8c\x01a\x8c\x03Set\x93)R(K\x01\x90."],
  ["numpy.dtype", "\x80\x02cnumpy\ndtype\n(U\x02f8K\x00K\x01tR(K\x03U\x01<NNNtb."],
  ["posix.system", "\x80\x02cposix\nsystem\nU\x04true\x85R(K\x01tR."],
  ["torch.hub.load", "\x80\x02ctorch.hub\nload\n."],
  ["torch.evil.FloatStorage", "\x80\x02ctorch.evil\nFloatStorage\n."],
  ["torch.ComplexFloatStorage", "\x80\x02ctorch\nComplexFloatStorage\n."],
  ["torch._utils._rebuild_qtensor", "\x80\x02ctorch._utils\n_rebuild_qtensor\n."],
  [
    "collections.OrderedDict.fromkeys",
    "\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.fromkeys\x93.",
  ],
  ["torch.constructor", "\x80\x02ctorch\nconstructor\n."],
  [".__proto__", "\x80\x02c\n__proto__\n."],
];

for (const [name, text] of named) {
  Deno.test(`${name} is parsed as a name only: ${JSON.stringify(text)}`, () => {
    const host = torchHost(failAsData);
    const { value } = unpickle(latin(text), 0, host, failAsData);
    assertEquals<unknown>(value, { kind: "opaque", name });
    assert(host.unknown.has(name));
  });
}

Deno.test("what is known and what is plain is no class to make objects of", () => {
  for (const text of ["ccollections\nOrderedDict\n)\x81.", "K\x01)\x81.", "K\x01)}\x92.", "(o."]) {
    assertThrows(() => readText(`\x80\x02${text}`), DataError, "a class that objects are made of");
  }
});

const malformed: [string, string, string][] = [
  ["nothing", "", "1 bytes must follow at byte 0"],
  ["no end", "N", "1 bytes must follow at byte 1"],
  ["an empty stack at the end", "\x80\x02.", 'one value, got "0 values"'],
  ["two values at the end", "NN.", 'one value, got "2 values"'],
  ["a mark at the end", "(N.", "one value"],
  ["protocol 6", "\x80\x06N.", "protocol must be 0 to 5, got 6"],
  [
    "an opcode that is none",
    "\xff.",
    'opcode at byte 0 must be one that torch.save writes, got "0xff"',
  ],
  ["an object built of a class", "(ccollections\nOrderedDict\no.", "objects are made of"],
  ["an extension", "\x82\x01.", '"EXT1"'],
  ["a buffer from outside", "\x97.", '"NEXT_BUFFER"'],
  ["a persistent id that is a text", "P1\n.", '"PERSID"'],
  ["a text of 4 GiB", "X\xff\xff\xff\xffab.", "4294967295 bytes must follow"],
  ["a text of 2⁶³ bytes", "\x8d" + "\0".repeat(7) + "\x80ab.", "bytes must follow"],
  ["bytes of 4 GiB", "B\xff\xff\xff\xffab.", "4294967295 bytes must follow"],
  ["a frame that is not there", "\x95\x10\0\0\0\0\0\0\0N.", "16 bytes must follow"],
  ["an integer of 4 GiB", "\x8b\xff\xff\xff\xff1.", "at most 1024 bytes"],
  ["an integer of letters", "Iabc\n.", "must be of digits"],
  ["an integer of 5,000 digits", `L${"1".repeat(5000)}\n.`, "must be of digits"],
  ["a float of letters", "Fabc\n.", "must be a float"],
  ["a line without end", "I1", "must end"],
  ["a text that is not UTF-8", "U\x01\xff.", "must be UTF-8"],
  ["a character beyond Unicode", "V\\Uffffffff\n.", "must be a character"],
  ["a memo that is not there", "h\x05.", "the memo must have what byte 2 asks for, got 5"],
  ["a memo of nothing", "q\x00.", "a value must be on the stack"],
  ["a tuple without a mark", "Nt.", "a mark must be on the stack"],
  ["a tuple of too little", "N\x86.", "a value must be on the stack"],
  ["a pop across a mark", "N(\x85.", "a value must be on the stack"],
  ["items for no list", "NNa.", "must be a list"],
  ["items for no dict", "NNNs.", "must be a dict"],
  ["a key without a value", "}(Nu.", "a value for each key"],
  ["a call of no function", "N)R.", "must be a function"],
  ["a call of a class of storages", "ctorch\nFloatStorage\n)R.", "must be a function"],
  ["a call with no tuple", "ccollections\nOrderedDict\nNR.", "must be a function"],
  ["attributes of no dict", "]}b.", "an object with attributes"],
  ["a global of no texts", "NN\x93.", "the name of a global"],
  ["a dict of no list", "ccollections\nOrderedDict\nN\x85R.", "a list of pairs"],
  ["a dict of no pairs", "ccollections\nOrderedDict\n]K\x01a\x85R.", "a list of pairs"],
];

for (const [what, text, message] of malformed) {
  Deno.test(`a pickle with ${what} is a DataError`, () => {
    assertThrows(() => readText(text), DataError, message);
  });
}

Deno.test("any bytes give a value or a DataError", () => {
  const tried = (bytes: Uint8Array) => {
    try {
      read(Uint8Array.from(bytes));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), tried), { numRuns: 2000 });
  const changed = fc.tuple(
    fc.constantFrom(...pickles),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
    fc.nat(),
  ).map(([bytes, flips, length]) => {
    const copy = bytes.slice(0, 1 + length % bytes.length);
    for (const [at, byte] of flips) copy[at % copy.length] = byte;
    return copy;
  });
  fc.assert(fc.property(changed, tried), { numRuns: 2000 });
});

Deno.test("a structure that doubles with each level is one value in memory", () => {
  const levels = 60;
  const { value: top } = readText(`]q\x00${"0h\x00h\x00\x86q\x00".repeat(levels)}.`);
  let value = top;
  for (let level = 0; level < levels; level++) {
    assert(Array.isArray(value) && value[0] === value[1]);
    value = value[0];
  }
});
