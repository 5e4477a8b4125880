import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { DataError } from "../../../lib/errors.ts";
import type { NamedArray } from "../../../lib/interop/named_array.ts";
import { decodePth, isPth, readPth } from "../../../lib/interop/pth.ts";
import golden from "../../golden/pth.json" with { type: "json" };
import {
  dict,
  latin,
  legacy,
  LEGACY_START,
  pickled,
  storage,
  tensor,
} from "../../support/pickles.ts";
import { storedZip, type ZipEntry } from "../../support/stored_zip.ts";

const LAYOUTS = ["zip", "zip_5", "legacy_1", "legacy_2", "legacy_4"];
const fixture = (name: string) =>
  Deno.readFileSync(new URL(`../../golden/pth/${name}.pth`, import.meta.url));
const decode = (bytes: Uint8Array<ArrayBuffer>) => decodePth(bytes, "x.pth");

/** The elements as PyTorch lists them: numbers, and integers as texts. */
function listed({ dtype, data }: NamedArray): (number | string)[] {
  const { buffer, byteOffset, length } = data;
  if (dtype === "F16") return [...new Float16Array(buffer, byteOffset, length)];
  if (dtype === "BF16") {
    return [...data].map((word) => new Float32Array(Uint32Array.of(Number(word) << 16).buffer)[0]);
  }
  return dtype.startsWith("F") ? [...data].map(Number) : [...data].map(String);
}

for (const layout of LAYOUTS) {
  Deno.test(`PyTorch's file in the layout ${layout} holds what PyTorch put there`, () => {
    const bytes = fixture(`state_${layout}`);
    assert(isPth(bytes));
    const tensors = decode(bytes);
    const found = Object.fromEntries(
      [...tensors].map(([name, array]) => {
        const { dtype, shape } = array;
        return [name, { dtype, shape: [...shape], values: listed(array) }];
      }),
    );
    assertEquals<unknown>(found, golden.state);
    assertStrictEquals(tensors.get("base")!.data.buffer, tensors.get("row")!.data.buffer);
  });

  Deno.test(`the model's weights are found in a checkpoint in the layout ${layout}`, () => {
    const tensors = decode(fixture(`checkpoint_${layout}`));
    const expected: Record<string, { values: unknown }> = golden.checkpoint;
    assertEquals([...tensors.keys()], Object.keys(expected));
    for (const [name, array] of tensors) {
      assertEquals<unknown>(listed(array), expected[name].values);
    }
  });
}

for (const layout of LAYOUTS) {
  Deno.test(`weights are read beside what only Python knows, in the layout ${layout}`, () => {
    const { tensors, unread } = readPth(fixture(`beside_${layout}`), "x.pth");
    const expected: Record<string, { values: unknown }> = golden.checkpoint;
    assertEquals([...tensors.keys()], Object.keys(expected));
    for (const [name, array] of tensors) {
      assertEquals<unknown>(listed(array), expected[name].values);
    }
    const classes = ["argparse.Namespace", "numpy.core.multiarray.scalar", "posix.system"];
    for (const name of ["ema", ...classes, "collections.Counter"]) {
      assert(unread.includes(name), `${name} of ${unread}`);
    }
  });
}

Deno.test("the tensors of a zip are views of the file", () => {
  const bytes = fixture("state_zip");
  assertStrictEquals(decode(bytes).get("base")!.data.buffer, bytes.buffer);
});

Deno.test("a file cut anywhere is a DataError that names it", () => {
  for (const layout of ["zip", "legacy_2"]) {
    const bytes = fixture(`checkpoint_${layout}`);
    for (let length = 0; length < bytes.length; length++) {
      assertThrows(() => decode(bytes.slice(0, length)), DataError, "Cannot read x.pth");
    }
  }
});

Deno.test("a file with bytes changed is read or a DataError, whatever they are", () => {
  const files = LAYOUTS.flatMap((layout) => [`state_${layout}`, `checkpoint_${layout}`]).map(
    fixture,
  );
  const change = fc.tuple(fc.nat(), fc.nat(255));
  const changes = fc.array(change, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom(...files), changes, (file, changes) => {
      const bytes = file.slice();
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      try {
        decode(bytes);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const entry = (name: string, data: Uint8Array): ZipEntry => ({ name, data });
const pickle = (object: string) => entry("m/data.pkl", latin(`\x80\x02${object}.`));
const w = (shape: number[], strides: number[], offset = 0, elements = 4) =>
  dict({ w: tensor(storage("0", elements), shape, strides, offset) });
const zip = (object: string, ...entries: ZipEntry[]) =>
  storedZip([pickle(object), entry("m/data/0", floats(1, 2, 3, 4)), ...entries]);

Deno.test("what is made by hand for the cases below is read while it is whole", () => {
  const data = new Float32Array([3, 1, 4, 2]);
  const expected = new Map([["w", { dtype: "F32", shape: [2, 2], data }]]);
  assertEquals<unknown>(
    decode(zip(w([2, 2], [1, 2]))).get("w")!.data,
    new Float32Array([1, 3, 2, 4]),
  );
  assertEquals<unknown>(decode(legacy(w([2, 2], [2, 1]), { "0": [3, 1, 4, 2] })), expected);
  assertEquals(decode(zip(w([2, 2], [2, 1]), entry("m/byteorder", latin("little")))).size, 1);
});

Deno.test("a model that was saved from a GPU, as the reference's are, is read as any other", () => {
  const saved = w([2, 2], [2, 1]);
  const onGpu = saved.replaceAll(pickled("cpu"), pickled("cuda:0"));
  assertNotEquals(onGpu, saved);
  for (const file of [zip(onGpu), legacy(onGpu, { "0": [1, 2, 3, 4] })]) {
    assertEquals<unknown>(decode(file).get("w")!.data, new Float32Array([1, 2, 3, 4]));
  }
});

/** A storage of four numbers in the legacy layout. */
const FOUR = "\x04" + "\0".repeat(7 + 16);

Deno.test("a file that Python 2 wrote, with all items of a dict at once, is read", () => {
  const pairs = ["a", "b"].map((name) => `](U\x01${name}${tensor(storage("0", 4), [4], [1])}e`);
  const bytes = legacy(`ccollections\nOrderedDict\n](${pairs.join("")}e\x85R`, {
    "0": [1, 2, 3, 4],
  });
  assertEquals([...decode(bytes).keys()], ["a", "b"]);
  assertEquals<unknown>(decode(bytes).get("b")!.data, new Float32Array([1, 2, 3, 4]));
});

const refused: [string, Uint8Array<ArrayBuffer>, string][] = [
  ["of text", latin("hello, world"), "Cannot read x.pth as a PyTorch checkpoint"],
  ["with another magic number", latin("\x80\x02\x8a\x0a0123456789."), "its magic number"],
  ["of another version", latin(LEGACY_START.replace("M\xe9\x03", "M\xea\x03")), "must be 1001"],
  [
    "of a big-endian machine",
    latin(LEGACY_START.replace("little_endian\x88", "little_endian\x89")),
    "must be little-endian",
  ],
  [
    "of a big-endian machine, in a zip",
    zip(w([4], [1]), entry("m/byteorder", latin("big"))),
    '"big"',
  ],
  [
    "with os.system",
    legacy("cos\nsystem\n(X\x04\0\0\0truetR"),
    '"an object of os.system". Where you trust',
  ],
  [
    "with os.system in a zip",
    zip("cos\nsystem\n(X\x04\0\0\0truetR"),
    'got "an object of os.system"',
  ],
  ["of a whole model", legacy("c__main__\nModel\n)\x81"), 'got "an object of __main__.Model"'],
  [
    "of complex numbers",
    legacy(dict({ w: tensor(storage("0", 4, "torch\nComplexFloatStorage"), [4], [1]) })),
    'must be plain numbers, got "torch.ComplexFloatStorage"',
  ],
  ["without a state dict", legacy("]"), 'one state dict, names with tensors, got "none"'],
  ["of one tensor", legacy(tensor(storage("0", 1), [1], [1]), { "0": [1] }), 'got "none"'],
  ["without a pickle", storedZip([entry("m/data/0", floats(1))]), "in its folder, got 0"],
  [
    "with two pickles",
    zip(w([4], [1]), { ...pickle("N"), name: "n/data.pkl" }),
    "in its folder, got 2",
  ],
  ["of TorchScript", zip(w([4], [1]), entry("m/constants.pkl", latin("N."))), "TorchScript"],
  [
    "without its storage",
    storedZip([pickle(w([4], [1]))]),
    'm/data/0 must have 16 bytes, got "nothing"',
  ],
  ["with a storage too short", zip(w([4], [1], 0, 5)), "m/data/0 must have 20 bytes, got 16"],
  [
    "with a storage of 8 GB",
    zip(w([4], [1], 0, 2 ** 31 - 1)),
    "must have 8589934588 bytes, got 16",
  ],
  [
    "with a storage of no type",
    zip(dict({ w: "(X\x07\0\0\0storageNX\x01\0\0\x000NK\x04tQ" })),
    "whole",
  ],
  ["with a persistent id of a module", zip(dict({ w: "(X\x06\0\0\0moduletQ" })), 'got "module"'],
  ["with two lengths of a storage", zip(`](${storage("0", 4)}${storage("0", 3)}e`), "one of 4 F32"],
  [
    "with two types of a storage",
    zip(`](${storage("0", 4)}${storage("0", 4, "torch\nIntStorage")}e`),
    'one of 4 F32, got "4 I32"',
  ],
  ["with a tensor beyond its storage", zip(w([5], [1])), "within the 4 elements"],
  ["with strides beyond it", zip(w([2, 2], [3, 1])), "within the 4 elements"],
  ["with an offset beyond it", zip(w([4], [1], 1)), "within the 4 elements"],
  ["with an empty tensor beyond it", zip(w([0], [1], 5)), "within the 4 elements"],
  ["with negative strides", zip(w([2], [-1], 1)), "an offset, sizes and strides"],
  ["with a size of fractions", zip(dict({ w: tensorOf("(G?\xe0\0\0\0\0\0\0t") })), "sizes and"],
  ["with 65 axes", zip(w(Array(65).fill(1), Array(65).fill(1))), "sizes and strides"],
  ["with fewer strides than sizes", zip(w([2, 2], [1])), "a stride for each size"],
  [
    "with a tensor of 10⁹ equal elements",
    zip(w([2 ** 30], [0])),
    'larger than the file, got "w [10737',
  ],
  ["with tensors that fill the memory", zip(many()), "larger than the file"],
  ["with a parameter of nothing", zip("ctorch._utils\n_rebuild_parameter\nN\x85R"), "of a tensor"],
  ["with a size of nothing", zip("ctorch\nSize\n)R"), "torch.Size must have an argument"],
  ["with keys that are no list", latin(`${LEGACY_START}N.N.`), "must be a list"],
  ["with a key of nothing", legacy("}", { "7": [1] }), 'be listed once, got "7"'],
  ["with a storage that is not there", legacy(w([4], [1])), "the storage 0 must be in the file"],
  [
    "with fewer elements than it says",
    legacy(w([4], [1]), { "0": [1, 2, 3] }),
    "4 elements, got 3",
  ],
  [
    "with a storage twice",
    latin(`${LEGACY_START}${w([4], [1])}.](${"X\x01\0\0\x000".repeat(2)}e.${FOUR.repeat(2)}`),
    "and be listed once",
  ],
];

function tensorOf(shape: string): string {
  return `ctorch._utils\n_rebuild_tensor_v2\n(${storage("0", 4)}K\0${shape}${shape}tR`;
}

/** Tensors that are small each, and together larger than the file. */
function many(): string {
  return dict(Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [`w${i}`, tensor(storage("0", 4), [2, 64], [1, 0])]),
  ));
}

for (const [what, bytes, message] of refused) {
  Deno.test(`a file ${what} is a DataError`, () => {
    assertThrows(() => decode(bytes), DataError, message);
  });
}
