import { assertEquals, assertThrows } from "@std/assert";
import { DataError, UsageError } from "../../../lib/errors.ts";
import type { NamedArray } from "../../../lib/interop/named_array.ts";
import { fromTorch, toTorch } from "../../../lib/interop/torch_names.ts";
import { findNaming, torchName, type TorchNaming } from "../../../lib/interop/torch_naming.ts";
import { values } from "../../support/values.ts";

const TORCHVISION: TorchNaming = { style: "torchvision", parallel: false };
const REFERENCE: TorchNaming = { style: "reference", parallel: true };
const NAMINGS: TorchNaming[] = [
  TORCHVISION,
  REFERENCE,
  { style: "torchvision", parallel: true },
  { style: "reference", parallel: false },
];

const PAIRS: [string, string, string][] = [
  ["encoder.conv1.kernel", "conv1.weight", "f.0.weight"],
  ["encoder.bn1.gamma", "bn1.weight", "f.1.weight"],
  ["encoder.bn1.beta", "bn1.bias", "f.1.bias"],
  ["encoder.bn1.moving_mean", "bn1.running_mean", "f.1.running_mean"],
  ["encoder.bn1.moving_variance", "bn1.running_var", "f.1.running_var"],
  ["encoder.layer1.0.conv1.kernel", "layer1.0.conv1.weight", "f.3.0.conv1.weight"],
  ["encoder.layer4.2.bn3.gamma", "layer4.2.bn3.weight", "f.6.2.bn3.weight"],
  [
    "encoder.layer2.0.downsample.0.kernel",
    "layer2.0.downsample.0.weight",
    "f.4.0.downsample.0.weight",
  ],
  ["encoder.layer2.0.downsample.1.beta", "layer2.0.downsample.1.bias", "f.4.0.downsample.1.bias"],
  ["encoder.conv3.kernel", "conv3.weight", "f.6.weight"],
  ["encoder.bn3.gamma", "bn3.weight", "f.7.weight"],
  ["head.0.kernel", "head.0.weight", "g.0.weight"],
  ["head.1.moving_mean", "head.1.running_mean", "g.1.running_mean"],
  ["head.3.bias", "head.3.bias", "g.3.bias"],
];

Deno.test("each weight has a name in torchvision and in the reference, with module. or without", () => {
  for (const [ours, torchvision, reference] of PAIRS) {
    for (const naming of NAMINGS) {
      const name = naming.style === "reference" ? reference : torchvision;
      assertEquals(torchName(ours, naming), naming.parallel ? `module.${name}` : name);
    }
  }
});

Deno.test("what is no weight of encoder or head, or of a layer that the reference has not, has no name", () => {
  for (const name of ["optimizer.m.conv1.kernel", "encoder.conv1.alpha", "log.losses", "encoder"]) {
    for (const naming of NAMINGS) assertEquals(torchName(name, naming), undefined);
  }
  for (const layer of ["stem", "layer1", "conv1.0", "bn0", "layer0.0.conv1"]) {
    assertEquals(torchName(`encoder.${layer}.kernel`, REFERENCE), undefined);
  }
  assertEquals(torchName("encoder.stem.kernel", TORCHVISION), "stem.weight");
});

Deno.test("the naming of a file is found by its first convolution", () => {
  for (const naming of NAMINGS) {
    const names = PAIRS.map(([ours]) => torchName(ours, naming)!).reverse();
    assertEquals(findNaming(names), naming);
  }
});

const array = (...shape: number[]): NamedArray => {
  const size = shape.reduce((product, side) => product * side, 1);
  return { dtype: "F32", shape, data: values(size, size) };
};
const WEIGHTS = new Map<string, NamedArray>([
  ["encoder.conv1.kernel", array(3, 3, 2, 4)],
  ["encoder.bn1.gamma", array(4)],
  ["encoder.bn1.beta", array(4)],
  ["encoder.bn1.moving_mean", array(4)],
  ["encoder.bn1.moving_variance", array(4)],
  ["head.0.kernel", array(4, 6)],
  ["head.3.bias", array(5)],
]);
const ENCODER = new Map([...WEIGHTS].filter(([name]) => name.startsWith("encoder.")));

Deno.test("kernels turn into PyTorch's layouts, [out, in, h, w] and [out, in]", () => {
  const tensors = toTorch(WEIGHTS, REFERENCE);
  assertEquals([...tensors].map(([name, { shape }]) => [name, [...shape]]), [
    ["module.f.0.weight", [4, 2, 3, 3]],
    ["module.f.1.weight", [4]],
    ["module.f.1.bias", [4]],
    ["module.f.1.running_mean", [4]],
    ["module.f.1.running_var", [4]],
    ["module.f.1.num_batches_tracked", []],
    ["module.g.0.weight", [6, 4]],
    ["module.g.3.bias", [5]],
  ]);
  const ours = WEIGHTS.get("encoder.conv1.kernel")!.data;
  const torch = tensors.get("module.f.0.weight")!.data;
  // Output 3, input 1, row 2, column 0.
  assertEquals(torch[((3 * 2 + 1) * 3 + 2) * 3], ours[((2 * 3) * 2 + 1) * 4 + 3]);
  const dense = tensors.get("module.g.0.weight")!.data;
  assertEquals(dense[5 * 4 + 2], WEIGHTS.get("head.0.kernel")!.data[2 * 6 + 5]);
});

Deno.test("weights convert to PyTorch's names and back unchanged; the rest of the file is named", () => {
  for (const naming of NAMINGS) {
    const tensors = toTorch(WEIGHTS, naming);
    const head = `${naming.parallel ? "module." : ""}${
      naming.style === "reference" ? "g" : "head"
    }`;
    const { weights, ignored } = fromTorch(tensors, ENCODER, naming, "x.pth");
    assertEquals(weights, ENCODER);
    assertEquals(ignored, [head]);
    assertEquals(fromTorch(tensors, WEIGHTS, naming, "x.pth").weights, WEIGHTS);
  }
  const classified = new Map([...toTorch(ENCODER, TORCHVISION), ["fc.weight", array(10, 4)]]);
  assertEquals(fromTorch(classified, ENCODER, TORCHVISION, "x.pth").ignored, ["fc"]);
});

Deno.test("parts that are not of the encoder are named by the module, layers that are must be taken", () => {
  const naming = { ...REFERENCE, style: "torchvision", prefix: "module.encoder_q." } as const;
  const tensors = toTorch(ENCODER, naming);
  const beside = [
    "module.encoder_k.conv1.weight",
    "module.encoder_k.layer1.0.conv1.weight",
    "module.encoder_q.fc.0.weight",
    "module.encoder_q.fc.2.bias",
    "module.queue",
    "epoch",
  ];
  for (const name of beside) tensors.set(name, array(2, 2));
  const { weights, ignored } = fromTorch(tensors, ENCODER, naming, "moco.pth");
  assertEquals(weights, ENCODER);
  assertEquals(ignored, ["module.encoder_k", "module.encoder_q.fc", "module.queue", "epoch"]);

  const numbered = {
    style: "reference",
    parallel: false,
    prefix: "backbone.",
    firstStage: 4,
  } as const;
  const classified = toTorch(ENCODER, numbered).set("backbone.9.weight", array(10, 4));
  assertEquals(fromTorch(classified, ENCODER, numbered, "x.ckpt").ignored, ["backbone.9"]);

  for (
    const [more, names] of [
      ["module.encoder_q.conv2.weight", naming],
      ["module.encoder_q.bn1.other", naming],
      ["module.encoder_q.layer1.0.se.fc.weight", naming],
      ["backbone.7.0.conv1.weight", numbered],
    ] as const
  ) {
    const tensors = toTorch(ENCODER, names).set(more, array(1));
    const load = () => fromTorch(tensors, ENCODER, names, "x.pth");
    assertThrows(load, DataError, `all weights of the file, got "${more}"`);
  }
  const own = new Map([["encoder.stem.kernel", array(1, 1, 1, 1)]]);
  const stems = toTorch(own, TORCHVISION).set("stem2.weight", array(1));
  assertThrows(() => fromTorch(stems, own, TORCHVISION, "x.pth"), DataError, '"stem2.weight"');
});

Deno.test("counters are no weights: batch norm's, and those of a model that thop has profiled", () => {
  const tensors = toTorch(WEIGHTS, REFERENCE);
  for (const layer of ["", "f.0.", "f.1.", "f.2.", "f.3.0.relu.", "g.0."]) {
    for (const counter of ["total_ops", "total_params"]) {
      const data = new Float64Array(1);
      tensors.set(`module.${layer}${counter}`, { dtype: "F64", shape: [1], data });
    }
  }
  const { weights, ignored } = fromTorch(tensors, ENCODER, REFERENCE, "x.pth");
  assertEquals(weights, ENCODER);
  assertEquals(ignored, ["module.g"]);
});

Deno.test("weights of other precisions become float32", () => {
  const data = Uint16Array.of(0x3c00, 0xc000, 0x3800, 0);
  const tensors = toTorch(ENCODER, TORCHVISION).set("bn1.weight", {
    dtype: "F16",
    shape: [4],
    data,
  });
  const { weights } = fromTorch(tensors, ENCODER, TORCHVISION, "x.pth");
  assertEquals(weights.get("encoder.bn1.gamma"), {
    dtype: "F32",
    shape: [4],
    data: new Float32Array([1, -2, 0.5, 0]),
  });
});

Deno.test("the first weight that is missing, of another shape or type, or too many is named", () => {
  const changed = (act: (tensors: Map<string, NamedArray>) => void) => () => {
    const tensors = toTorch(WEIGHTS, REFERENCE);
    act(tensors);
    return fromTorch(tensors, ENCODER, REFERENCE, "model_400.pth");
  };
  const cases: [(tensors: Map<string, NamedArray>) => void, string][] = [
    [(t) => t.delete("module.f.1.bias"), 'must have module.f.1.bias, [4], got "nothing"'],
    [
      (t) => t.set("module.f.0.weight", array(4, 2, 7, 7)),
      'Cannot load model_400.pth: it must have module.f.0.weight, [4,2,3,3], got "[4,2,7,7]"',
    ],
    [
      (t) => t.set("module.f.1.bias", { dtype: "I32", shape: [4], data: new Int32Array(4) }),
      'module.f.1.bias must be of floating-point numbers, got "I32"',
    ],
    [(t) => t.set("module.f.3.0.conv1.weight", array(1)), 'got "module.f.3.0.conv1.weight"'],
    [(t) => t.set("module.f.3.weight", array(4, 4, 3, 3)), 'got "module.f.3.weight"'],
  ];
  for (const [act, message] of cases) assertThrows(changed(act), DataError, message);
});

Deno.test("a layer that the reference does not have is a UsageError when its names are asked for", () => {
  const weights = new Map([["encoder.stem.kernel", array(1, 1, 1, 1)]]);
  assertThrows(() => toTorch(weights, REFERENCE), UsageError, 'got "encoder.stem.kernel"');
  assertEquals([...toTorch(weights, TORCHVISION).keys()], ["stem.weight"]);
});
