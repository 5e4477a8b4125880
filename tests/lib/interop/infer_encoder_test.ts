import { assertEquals } from "@std/assert";
import { inferEncoder } from "../../../lib/commands/shared/model_file.ts";
import type { NamedArray } from "../../../lib/interop/named_array.ts";
import { torchName, type TorchNaming } from "../../../lib/interop/torch_naming.ts";

const NAMINGS: TorchNaming[] = [
  { style: "torchvision", parallel: false },
  { style: "reference", parallel: true },
];

/** Kernels by layer, [out, in, h, w], as a file names them. */
function kernels(
  shapes: Readonly<Record<string, readonly number[]>>,
  naming: TorchNaming,
): Map<string, NamedArray> {
  return new Map(
    Object.entries(shapes).map(([layer, shape]) => [
      torchName(`encoder.${layer}.kernel`, naming)!,
      { dtype: "F32", shape, data: new Float32Array() },
    ]),
  );
}

function resnet(side: number, depths: readonly number[], convs: number) {
  const shapes: Record<string, readonly number[]> = { conv1: [64, 3, side, side] };
  depths.forEach((depth, stage) => {
    for (let block = 0; block < depth; block++) {
      for (let conv = 1; conv <= convs; conv++) {
        shapes[`layer${stage + 1}.${block}.conv${conv}`] = [64, 64, 3, 3];
      }
    }
  });
  return shapes;
}

Deno.test("torchvision's residual networks are known by block and depth, the stem by its kernel", () => {
  for (const naming of NAMINGS) {
    const infer = (...args: Parameters<typeof resnet>) =>
      inferEncoder(kernels(resnet(...args), naming), naming);
    assertEquals(infer(3, [2, 2, 2, 2], 2), { encoder: "resnet18", options: { stem: "small" } });
    assertEquals(infer(7, [3, 4, 6, 3], 2), { encoder: "resnet34", options: { stem: "imagenet" } });
    assertEquals(infer(3, [3, 4, 6, 3], 3), { encoder: "resnet50", options: { stem: "small" } });
  }
});

Deno.test("a plain network is known by its widths, and its strides must be told", () => {
  for (const naming of NAMINGS) {
    const shapes = { conv1: [8, 1, 3, 3], conv2: [16, 8, 3, 3], conv3: [4, 16, 3, 3] };
    const { untold, ...inferred } = inferEncoder(kernels(shapes, naming), naming)!;
    assertEquals(inferred, { encoder: "conv", options: { widths: [8, 16, 4] } });
    assertEquals(untold?.option, "strides");
  }
});

Deno.test("other depths, stems and files are no encoder of ours", () => {
  const [naming] = NAMINGS;
  for (
    const shapes of [
      resnet(3, [3, 4, 23, 3], 3),
      resnet(3, [2, 2, 2], 2),
      resnet(5, [2, 2, 2, 2], 2),
      { ...resnet(7, [3, 4, 6, 3], 3), "layer1.0.conv2": [128, 128, 3, 3] },
      { ...resnet(7, [3, 4, 6, 3], 3), "layer1.0.conv2": [64, 4, 3, 3] },
      { fc: [10, 512] },
    ]
  ) {
    assertEquals(inferEncoder(kernels(shapes, naming), naming), undefined);
  }
});
