import { assertEquals, assertThrows } from "@std/assert";
import { DataError } from "../../../lib/errors.ts";
import type { NamedArray } from "../../../lib/interop/named_array.ts";
import {
  checkChosen,
  findNaming,
  prefixOf,
  roleOf,
  torchName,
  type TorchNaming,
} from "../../../lib/interop/torch_naming.ts";

/** What wraps a residual network in the checkpoints of usual trainers: our naming of it. */
const TRAINERS: readonly [string, TorchNaming][] = [
  ["torchvision", { style: "torchvision", parallel: false }],
  ["torchvision, DataParallel", { style: "torchvision", parallel: true }],
  ["SimSiam", { style: "torchvision", parallel: true, prefix: "module.encoder." }],
  ["DINO's student", { style: "torchvision", parallel: true, prefix: "module.backbone." }],
  ["solo-learn", { style: "torchvision", parallel: false, prefix: "backbone." }],
  ["VISSL", { style: "torchvision", parallel: false, prefix: "_feature_blocks." }],
  [
    "SupContrast, whose DataParallel is within",
    {
      style: "torchvision",
      parallel: false,
      prefix: "encoder.module.",
      shortcut: "shortcut",
    },
  ],
  ["the reference", { style: "reference", parallel: true }],
  ["lightly", { style: "reference", parallel: false, prefix: "backbone.", firstStage: 4 }],
  ["lightly's own networks", {
    style: "reference",
    parallel: false,
    prefix: "backbone.",
    firstStage: 2,
  }],
  ["a network in a network", {
    style: "torchvision",
    parallel: false,
    prefix: "online_encoder.net.",
  }],
];

const LAYERS = [
  "conv1",
  "layer1.0.conv1",
  "layer1.0.conv2",
  "layer2.0.conv1",
  "layer2.0.downsample.0",
  "layer4.1.conv2",
];
const namesOf = (naming: TorchNaming) =>
  LAYERS.map((layer) => torchName(`encoder.${layer}.kernel`, naming)!);

for (const [trainer, naming] of TRAINERS) {
  Deno.test(`a residual network is found under the names of ${trainer}`, () => {
    const names = [...namesOf(naming), "projector.0.weight", "queue", "fc.weight"];
    assertEquals(findNaming(names), naming);
    assertEquals(findNaming(names.reverse()), naming, "in any order");
    const block = `${prefixOf(naming)}${
      naming.style === "reference" ? naming.firstStage ?? 3 : "layer1"
    }`;
    assertEquals(names.includes(`${block}.0.conv1.weight`), true);
  });
}

const wrapped = (prefix: string): TorchNaming => ({
  style: "torchvision",
  parallel: prefix.startsWith("module."),
  prefix,
});
/** A file with networks under prefixes; each weight is of the number given. */
function file(numbers: Readonly<Record<string, number>>): Map<string, NamedArray> {
  return new Map(
    Object.entries(numbers).flatMap(([prefix, number]) =>
      namesOf(wrapped(prefix)).map((name): [string, NamedArray] => [
        name,
        { dtype: "F32", shape: [1], data: Float32Array.of(number) },
      ])
    ),
  );
}

Deno.test("of a network and its momentum copy, the trained one is taken", () => {
  for (
    const [trained, copy] of [
      ["module.encoder_q.", "module.encoder_k."],
      ["module.base_encoder.", "module.momentum_encoder."],
      ["backbone.", "momentum_backbone."],
      ["backbone.", "backbone_momentum."],
      ["student.backbone.", "teacher.backbone."],
      ["online_encoder.net.", "net."],
      ["online_network.", "target_network."],
      ["model.", "ema_model."],
      ["encoder_q.0.", "encoder_k.0."],
    ]
  ) {
    for (const order of [[trained, copy], [copy, trained]]) {
      const tensors = file(Object.fromEntries(order.map((prefix, i) => [prefix, i])));
      const naming = findNaming(tensors.keys())!;
      assertEquals(prefixOf(naming), trained);
      assertEquals(naming.others?.map(prefixOf), [copy]);
      checkChosen(tensors, naming, "x.pth");
    }
  }
  assertEquals([roleOf("keypoints"), roleOf("k"), roleOf("squeeze"), roleOf("q")], [1, 2, 1, 0]);
});

Deno.test("two networks that differ, and no word of which is trained, are a DataError with a way on", () => {
  const tensors = file({ "l_to_ab.": 1, "ab_to_l.": 2 });
  const naming = findNaming(tensors.keys())!;
  assertThrows(
    () => checkChosen(tensors, naming, "cmc.pth"),
    DataError,
    'got "l_to_ab.conv1.weight and ab_to_l.conv1.weight". Save only the one that you mean',
  );
});

Deno.test("a network that stands in two places of a model is one", () => {
  const tensors = file({ "backbone.": 1, "encoder.0.": 1 });
  const naming = findNaming(tensors.keys())!;
  checkChosen(tensors, naming, "x.pth");
  assertEquals(prefixOf(naming), "backbone.");
});

Deno.test("a plain network is found under torchvision's names and the reference's alone", () => {
  assertEquals(findNaming(["x", "module.f.0.weight"]), { style: "reference", parallel: true });
  assertEquals(findNaming(["conv1.weight"]), { style: "torchvision", parallel: false });
  const none = [
    "encoder.conv1.kernel",
    "backbone.conv1.weight",
    "f.1.weight",
    "projector.0.weight",
  ];
  assertEquals(findNaming(none), undefined);
});
