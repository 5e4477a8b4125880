import { assertEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { DataError } from "../../../lib/errors.ts";
import { encodeSafetensors } from "../../../lib/interop/safetensors.ts";
import { readWeights } from "../../../lib/train/load_encoder.ts";
import { inFolder } from "../../support/folders.ts";

const golden = (name: string) =>
  fileURLToPath(new URL(`../../golden/pth/${name}.pth`, import.meta.url));
const tensor = { dtype: "F32", shape: [1], data: new Float32Array([7]) } as const;
const NAMES = ["conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias", "bn1.running_mean"];

Deno.test("a file is read by what is in it, whatever its name says", async () => {
  await inFolder(async (folder) => {
    const safetensors = `${folder}/model.pth`;
    const bytes = encodeSafetensors(new Map([["encoder.conv1.kernel", tensor]]), { a: "b" });
    await Deno.writeFile(safetensors, bytes);
    assertEquals(await readWeights(safetensors), {
      tensors: new Map([["encoder.conv1.kernel", tensor]]),
      naming: undefined,
      metadata: { a: "b" },
      unread: [],
    });
    for (const layout of ["zip", "legacy_2", "legacy_4"]) {
      const path = `${folder}/${layout}.safetensors`;
      await Deno.copyFile(golden(`checkpoint_${layout}`), path);
      const { tensors, naming, metadata } = await readWeights(path);
      assertEquals(metadata, {});
      assertEquals([...tensors.keys()].slice(0, 5), NAMES);
      assertEquals(naming, { style: "torchvision", parallel: false });
    }
    const { naming } = await readWeights(golden("state_zip"));
    assertEquals(naming, { style: "reference", parallel: true });
  });
});

Deno.test("a file of neither kind is refused as the format of its name, and a missing file as missing", async () => {
  await inFolder(async (folder) => {
    for (const [name, format] of [["a.pth", "a PyTorch checkpoint"], ["b.bin", "safetensors"]]) {
      await Deno.writeTextFile(`${folder}/${name}`, "hello, this is a text");
      await assertRejects(() => readWeights(`${folder}/${name}`), DataError, `as ${format}`);
      await Deno.writeTextFile(`${folder}/${name}`, "");
      await assertRejects(() => readWeights(`${folder}/${name}`), DataError, `as ${format}`);
    }
    for (const path of [`${folder}/none.pth`, folder]) {
      await assertRejects(() => readWeights(path), DataError, `Cannot read ${path}`);
    }
  });
});
