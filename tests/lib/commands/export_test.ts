import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { decodeSafetensors } from "../../../lib/interop/safetensors.ts";
import { latestRun } from "../../../lib/run/run_folder.ts";
import { runCommand, TINY } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { runPython, testWithTorch } from "../../support/torch.ts";

Deno.test("the latest run goes to each form, into its folder, and an earlier export is replaced", async () => {
  await inFolder(async (cwd) => {
    // How many views an example has is the objective's to say, and this one is nobody's we know.
    await Deno.writeTextFile(
      `${cwd}/three.ts`,
      `import { z } from "zod";
       export default {
         apiVersion: 1, kind: "objective", name: "three", summary: "takes three views",
         options: z.strictObject({}),
         create: () => ({ views: 3, loss: ({ views: [a, b, c] }) => a.sub(b).add(c).square().mean() }),
       };`,
    );
    const plugin = ["--plugin=./three.ts", "--objective=three"];
    const options = [...plugin, "--max_steps=3", "--micro_batch=8", "--no-baselines"];
    const trained = await runCommand(cwd, ["train", ...TINY, ...options]);
    assertEquals(trained.code, 0, trained.stderr);
    const run = (await latestRun(`${cwd}/runs`))!.slice(cwd.length + 1);
    const exported = async (...args: string[]) => {
      const outcome = await runCommand(cwd, ["export", "--device=wasm", ...args]);
      assertEquals(outcome.code, 0, outcome.stderr);
      return outcome.stdout.trim();
    };
    assertMatch(
      await exported("--format=onnx", "--fold", "--head"),
      new RegExp(`^saved: ${run}/encoder-head-folded.onnx   onnx, 0.0 MB$`),
    );
    const names = ["--format=pth-names", `--run=${run}`];
    const path = `${run}/encoder-pth-names.safetensors`;
    assertMatch(await exported(...names), new RegExp(`^saved: ${path} `));
    assertMatch(await exported(...names), new RegExp(`^replaced: ${path} `));
    const { tensors, metadata } = decodeSafetensors(await Deno.readFile(`${cwd}/${path}`), path);
    assertEquals(metadata.encoder_options, '{"widths":[4,8],"strides":[1,2],"grid":1}');
    assertEquals(tensors.get("module.g.3.bias")?.shape, [8]);
    // Three steps of three views in two pieces each.
    assertEquals(tensors.get("module.f.1.num_batches_tracked")?.data, BigInt64Array.of(18n));
    // What was exported is a file of weights as any other.
    assertMatch(
      await exported(`--model_path=${path}`, "--format=tfjs", "--output=web"),
      /^saved: web +tfjs, 0.0 MB$/,
    );
    await Deno.stat(`${cwd}/web/model.json`);
  });
});

testWithTorch(
  "a PyTorch file is exported to TensorFlow.js without its training dataset",
  async () => {
    await inFolder(async (cwd) => {
      const script = `
import torch, torchvision
model = torchvision.models.resnet18()
torch.save(model.state_dict(), "model.pth")
`;
      await Deno.writeTextFile(`${cwd}/make.py`, script.replace("model.pth", `${cwd}/model.pth`));
      await runPython(`${cwd}/make.py`);
      const args = ["export", "--model_path=model.pth", "--format=tfjs", "--device=wasm"];
      const outcome = await runCommand(cwd, args);
      assertEquals(outcome.code, 0, outcome.stderr);
      const { userDefinedMetadata: metadata } = JSON.parse(
        await Deno.readTextFile(`${cwd}/encoder-tfjs/model.json`),
      );
      const { encoder, encoder_options, input_shape, mean } = metadata;
      assertEquals([encoder, encoder_options], ["resnet18", '{"stem":"imagenet"}']);
      assertEquals([input_shape, mean], ["[96,96,3]", "[0.4914,0.4822,0.4465]"]);
      // Nobody said what it was trained on.
      assertEquals(["dataset" in metadata, /^dataset/m.test(outcome.stderr)], [false, false]);
    });
  },
);

Deno.test("export asks for a format it knows", async () => {
  await inFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/runs/one`, { recursive: true });
    await Deno.writeTextFile(`${cwd}/runs/one/config.json`, '{"encoder":"conv"}');
    const outcome = await runCommand(cwd, ["export", "--format=caffe"]);
    assertEquals(outcome.code, 2);
    assertStringIncludes(outcome.stderr, "--format");
    assertStringIncludes(outcome.stderr, "pth-names");
  });
});
