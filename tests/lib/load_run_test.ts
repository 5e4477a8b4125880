import { assertEquals, assertRejects } from "@std/assert";
import {
  DataError,
  decodeSafetensors,
  features,
  latestRun,
  loadRun,
  UsageError,
} from "../../mod.ts";
import { runCommand, TINY } from "../support/command_line.ts";
import { inFolder } from "../support/folders.ts";

Deno.test({
  name:
    "a run is opened with its dataset, normalization, plugin and weights; its features are embed's",
  // A device outlives a test.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await inFolder(async (cwd) => {
      const plugin = new URL("../../examples/hinge.ts", import.meta.url).pathname;
      const options = [`--plugin=${plugin}`, "--objective=hinge", "--normalization.mean=0.3"];
      const flags = [...TINY, ...options, "--max_steps=2", "--no-baselines", "--seed=3"];
      const trained = await runCommand(cwd, ["train", ...flags]);
      assertEquals(trained.code, 0, trained.stderr);
      const embedded = await runCommand(cwd, ["embed", "--split=train", "--device=wasm"]);
      assertEquals(embedded.code, 0, embedded.stderr);

      const folder = (await latestRun(`${cwd}/runs`))!;
      const run = await loadRun(folder, { device: "wasm" });
      assertEquals(run.names, { dataset: "synthetic", encoder: "conv" });
      assertEquals(run.path, `${folder}/checkpoint-0-step-2.safetensors`);
      assertEquals([run.dataset.mean, run.env.seed], [[0.3], 3]);
      const file = `${folder}/train.safetensors`;
      const { tensors } = decodeSafetensors(await Deno.readFile(file), file);
      const expected = tensors.get("features")!;
      assertEquals(expected.shape, [64, run.encoder.dim]);
      assertEquals(await features({ ...run, split: "train" }), expected.data);
      const some = await features({ ...run, split: "train", indices: Int32Array.of(5, 2) });
      const row = (index: number) =>
        [...expected.data].slice(index * run.encoder.dim).slice(0, run.encoder.dim);
      assertEquals([...some], [...row(5), ...row(2)]);
      assertEquals((await features(run)).length, 24 * run.encoder.dim);

      await assertRejects(() => features({ ...run, split: "val" }), UsageError, "val");
      await assertRejects(() => loadRun(cwd), DataError, "Cannot open the run");
    });
  },
});
