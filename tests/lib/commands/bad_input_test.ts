import { assert, assertEquals } from "@std/assert";
import { latestRun, listCheckpoints } from "../../../lib/run/run_folder.ts";
import { runCommand, TINY } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { refused } from "../../support/refused.ts";

const BAD_OPTIONS: [string[], string][] = [
  [["--tau_plus=1"], "Cannot set --tau_plus: it must be a number from 0 to below 1, got 1."],
  [["--temperature=0"], "Cannot set --temperature: it must be a number above 0, got 0."],
  [["--batch_size=1"], "Cannot set --batch_size: it must be a whole number of at least 2, got 1."],
  [["--epochs=ten"], 'Cannot set --epochs: it must be a whole number of at least 1, got "ten".'],
  [["--learning_rate=-1"], "Cannot set --learning_rate: it must be a number above 0, got -1."],
  [["--optimizer=adamm"], 'it must be one of adam, adamw, sgd, lars, got "adamm".'],
  [["--device=cuda"], 'it must be one of auto, webgpu, wasm, got "cuda".'],
  [["--objective=debiassed"], "Did you mean debiased?"],
  [["--encoder=resnet19"], "Did you mean resnet18?"],
  [["--tau_pluss=0.1"], "Did you mean --tau_plus?"],
  [["--objective=knn"], "that plugin is of the kind probe"],
  [["--preset=quikstart"], "Did you mean quickstart?"],
  [["--positives=0"], "Cannot set --positives: it must be a whole number of at least 1, got 0."],
  [["--crop_scale_min=0.9", "--crop_scale_max=0.5"], "--crop_scale_min"],
  [["--encoder=conv", "--widths=8,16", "--strides=1"], "widths and strides must be equally many"],
  [["--dataset=synthetic", "--classes=0"], "Cannot set --classes"],
  [["--mean=0.5,0.5"], "Cannot set --mean: it must be one number, or 1, one per channel"],
  [["--std=0"], "Cannot set --std"],
  [["words"], 'unexpected argument "words"'],
  [["--plugin=./nowhere.ts"], "Cannot use the plugin"],
];

for (const [options, words] of BAD_OPTIONS) {
  Deno.test(`train ${options.join(" ")} is one line and exit code 2`, async () => {
    await inFolder(async (cwd) => {
      refused(await runCommand(cwd, ["train", ...options]), 2, words);
      assertEquals(await latestRun(`${cwd}/runs`), undefined);
    });
  });
}

Deno.test("an unknown command and a folder that is not a run are refused, with what to do", async () => {
  await inFolder(async (cwd) => {
    refused(await runCommand(cwd, ["trian"]), 2, "Did you mean train?");
    refused(await runCommand(cwd, ["linear"]), 2, "Train first");
    refused(await runCommand(cwd, ["linear", "--run=nowhere"]), 3, "nowhere/config.json");
    refused(
      await runCommand(cwd, ["knn", "--model_path=nowhere.safetensors"]),
      3,
      "Cannot read nowhere.safetensors",
    );
  });
});

Deno.test("a batch larger than the dataset is refused and leaves no folder", async () => {
  await inFolder(async (cwd) => {
    refused(
      await runCommand(cwd, ["train", ...TINY, "--batch_size=65"]),
      2,
      "Cannot set --batch_size: it must be at most 64, the examples to train on, got 65",
    );
    assertEquals([...Deno.readDirSync(cwd)].map(({ name }) => name).includes("runs"), false);
  });
});

Deno.test("more neighbors than there are examples are refused before training", async () => {
  await inFolder(async (cwd) => {
    const outcome = await runCommand(cwd, ["train", ...TINY, "--k=65"]);
    refused(
      outcome,
      2,
      "Cannot set --k: it must be at most 64, the labeled training examples, got 65",
    );
    assertEquals(await latestRun(`${cwd}/runs`), undefined);
  });
});

Deno.test("an empty folder and a truncated image are DataErrors that name the file", async () => {
  await inFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/images/cats`, { recursive: true });
    const train = ["train", "--dataset=folder", "--path=images", "--batch_size=2", "--k=1"];
    refused(await runCommand(cwd, train), 3, "images");
    refused(await runCommand(cwd, ["train", "--dataset=folder", "--path=nowhere"]), 3, "nowhere");
    await Deno.writeTextFile(`${cwd}/images/cats/broken.png`, "not a PNG");
    await Deno.writeTextFile(`${cwd}/images/cats/other.png`, "not a PNG");
    await Deno.writeTextFile(`${cwd}/images/cats/third.png`, "not a PNG");
    refused(await runCommand(cwd, train), 3, ".png");
  });
});

Deno.test("a corrupted checkpoint is a DataError, for linear and for --resume", async () => {
  await inFolder(async (cwd) => {
    const options = [...TINY, "--max_steps=2", "--no-baselines"];
    assertEquals((await runCommand(cwd, ["train", ...options])).code, 0);
    const run = (await latestRun(`${cwd}/runs`))!;
    const [{ path }] = await listCheckpoints(run);
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 100] ^= 1;
    await Deno.writeFile(path, bytes);
    refused(await runCommand(cwd, ["linear"]), 3, "checkpoint");
    refused(await runCommand(cwd, ["train", "--resume", "--max_steps=4"]), 3, "checkpoint");
    await Deno.truncate(path, 100);
    refused(await runCommand(cwd, ["linear"]), 3, "checkpoint");
  });
});

const plugin = (body: string) => `
  import { z } from "zod";
  export default {
    apiVersion: 1, kind: "objective", name: "bad", summary: "bad", options: z.strictObject({}),
    create: () => ({ loss: ({ views: [a, b] }) => a.mul(b).mean() }), ${body}
  };`;

const BAD_PLUGINS: [string, string, number, string][] = [
  ["of another API version", "apiVersion: 99,", 2, "its apiVersion must be 1, got 99"],
  ["of no kind", 'kind: "loss",', 2, "its kind must be one of dataset, encoder, objective, probe"],
  ["with a built-in's name", 'name: "hard",', 2, "the objective name hard is already taken"],
  ["without options", "options: {},", 2, "its options must be a zod 4 object"],
  ["that throws", 'create: () => { throw new Error("boom"); },', 6, "threw in create(): boom"],
  ["without a loss", "create: () => ({}),", 6, "it must have a function loss"],
  [
    "whose loss throws",
    'create: () => ({ loss: () => { throw new Error("boom"); } }),',
    6,
    "boom",
  ],
  [
    "whose loss is no scalar",
    "create: () => ({ loss: ({ views: [a, b] }) => a.mul(b) }),",
    6,
    "scalar",
  ],
  [
    "whose loss is not a number",
    "create: () => ({ loss: ({ views: [a, b] }) => a.mul(b).mean().mul(NaN) }),",
    6,
    "bad",
  ],
];

for (const [what, body, code, words] of BAD_PLUGINS) {
  Deno.test(`a plugin ${what} fails by name`, async () => {
    await inFolder(async (cwd) => {
      await Deno.writeTextFile(`${cwd}/bad.ts`, plugin(body));
      const train = ["train", ...TINY, "--plugin=./bad.ts", "--objective=bad"];
      refused(await runCommand(cwd, train), code, "bad", words);
    });
  });
}

Deno.test("a configuration that is no JSON object is a DataError", async () => {
  await inFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/a.json`, "[1]");
    refused(await runCommand(cwd, ["train", "--config=a.json"]), 3, "it must be a JSON object");
    refused(await runCommand(cwd, ["train", "--config=b.json"]), 3, "b.json");
    await Deno.writeTextFile(`${cwd}/a.json`, '{ "epoch": 3 }');
    refused(await runCommand(cwd, ["train", "--config=a.json"]), 2, "Did you mean epochs?");
  });
});

/** Whether a small disk can be made: Linux, root, and no container that forbids it. */
const canMount = Deno.build.os === "linux" && Deno.uid() === 0 &&
  new Deno.Command("unshare", { args: ["-m", "true"], stderr: "null" }).outputSync().success;

Deno.test({
  name: "a full disk is a DataError and leaves no half checkpoint" +
    (canMount ? "" : ": no disk can be mounted here"),
  ignore: !canMount,
  fn: () =>
    inFolder(async (cwd) => {
      const disk = `${cwd}/disk`;
      await Deno.mkdir(disk);
      const mount = ["-t", "tmpfs", "-o", "size=16k", "tmpfs", disk];
      assert((await new Deno.Command("mount", { args: mount }).output()).success);
      try {
        const train = ["train", ...TINY, "--max_steps=2", `--out=${disk}/runs`];
        refused(await runCommand(cwd, train), 3, "disk");
        const run = await latestRun(`${disk}/runs`);
        if (run) assertEquals(await listCheckpoints(run), []);
      } finally {
        await new Deno.Command("umount", { args: [disk] }).output();
      }
    }),
});
