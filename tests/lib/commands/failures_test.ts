import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { deflateSync, gzipSync } from "node:zlib";
import sharp from "sharp";
import { readMetrics } from "../../../lib/run/metrics.ts";
import { latestRun, listCheckpoints } from "../../../lib/run/run_folder.ts";
import { runCommand, startCommand, TINY } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { refused } from "../../support/refused.ts";

Deno.test("a second train on the same run is refused, and the first continues", async () => {
  await inFolder(async (cwd) => {
    const child = startCommand(cwd, ["train", ...TINY, "--epochs=100000", "--log_every=1"]);
    let run: string | undefined;
    let ended = false;
    child.status.then(() => ended = true);
    while (!ended && (!run || (await readMetrics(run)).length === 0)) {
      run = await latestRun(`${cwd}/runs`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const second = await runCommand(cwd, ["train", `--resume=${run}`]);
    refused(second, 2, "only one process at a time may write to it", `process ${child.pid} on`);
    assert(!ended, "the first is still training");
    assertStringIncludes(await Deno.readTextFile(`${run}/lock`), String(child.pid));
    child.kill("SIGINT");
    assertEquals((await child.output()).code, 130);
    assertEquals((await listCheckpoints(run!)).length, 1);
  });
});

Deno.test("a loss that becomes NaN stops the run with the batch named; linear takes the last good checkpoint", async () => {
  await inFolder(async (cwd) => {
    await Deno.writeTextFile(
      `${cwd}/breaking.ts`,
      `import { z } from "zod";
      export default {
        apiVersion: 1, kind: "objective", name: "breaking", summary: "NaN from step 3 on",
        options: z.strictObject({}),
        create: () => {
          let calls = 0;
          return {
            loss: ({ views: [a, b] }) => a.sub(b).square().mean().mul(++calls >= 3 ? NaN : 1),
          };
        },
      };`,
    );
    // Two steps an epoch; the log, every ten steps, would not have seen it.
    const options = ["--batch_size=32", "--save_every=1", "--epochs=5", "--no-baselines"];
    const plugin = ["--plugin=./breaking.ts", "--objective=breaking"];
    const outcome = await runCommand(cwd, ["train", ...TINY, ...options, ...plugin]);
    refused(
      outcome,
      5,
      "in epoch 2 at step 3 (examples ",
      "checkpoint-1.safetensors is from before: continue from it with --resume=",
    );
    const run = (await latestRun(`${cwd}/runs`))!;
    const bad = JSON.parse(await Deno.readTextFile(`${run}/bad-batch.json`));
    assertEquals([bad.epoch, bad.step, bad.indices.length], [2, 3, 32]);
    assertStringIncludes(outcome.stderr, `(examples ${bad.indices.slice(0, 5).join(", ")} …)`);
    assertEquals((await listCheckpoints(run)).map(({ epoch }) => epoch), [1]);
    assertEquals(await Deno.stat(`${run}/lock`).catch(() => "gone"), "gone");
    const linear = await runCommand(cwd, ["linear"]);
    assertEquals(linear.code, 0, linear.stderr);
    assertStringIncludes(linear.stderr, "checkpoint-1.safetensors");
    // The way on that was named is one: this objective counts its calls anew.
    const smaller = ["train", `--resume=${run}`, "--learning_rate=1e-5", "--max_steps=4"];
    const resumed = await runCommand(cwd, smaller);
    assertEquals(resumed.code, 0, resumed.stderr);
    assertStringIncludes(
      resumed.stderr,
      "The learning rate is 0.00001 from here on, and was 0.001",
    );
  });
});

/** An IDX file of `count` blank images of 28×28, or of labels. */
function idx(count: number, images: boolean): Uint8Array {
  const head = images ? [0x803, count, 28, 28] : [0x801, count];
  const bytes = new Uint8Array(4 * head.length + count * (images ? 784 : 1));
  head.forEach((word, i) => new DataView(bytes.buffer).setUint32(4 * i, word));
  return bytes;
}

Deno.test("a truncated dataset is a DataError that names the file, and verify finds it", async () => {
  await inFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/files`);
    for (const [part, count] of [["train", 40], ["t10k", 20]] as const) {
      await Deno.writeFile(`${cwd}/files/${part}-images-idx3-ubyte.gz`, gzipSync(idx(count, true)));
      await Deno.writeFile(
        `${cwd}/files/${part}-labels-idx1-ubyte.gz`,
        gzipSync(idx(count, false)),
      );
    }
    const images = `${cwd}/files/train-images-idx3-ubyte.gz`;
    const train = ["train", "--dataset=fashion-mnist", "--data_dir=files", "--device=wasm"];
    const whole = await runCommand(cwd, [...train, "--k=10", "--batch_size=41"]);
    refused(whole, 2, "at most 40, the examples to train on");
    // Whole gzip data that ends early, then gzip data cut within.
    await Deno.writeFile(images, gzipSync(idx(40, true).subarray(0, -1)));
    refused(await runCommand(cwd, train), 3, images, "it must have 31376 bytes (uncompressed)");
    await Deno.writeFile(images, gzipSync(idx(40, true)).subarray(0, 40));
    refused(await runCommand(cwd, train), 3, images);
    assertEquals(await latestRun(`${cwd}/runs`), undefined);
    const verify = ["data", "verify", "fashion-mnist", "--data_dir=files"];
    const { code, stderr } = await runCommand(cwd, verify);
    assertEquals(code, 3);
    assertStringIncludes(stderr, `${images}: wrong size`);
  });
});

Deno.test("an image that ends early stops train with its name, and data verify lists it", async () => {
  await inFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/images`);
    const noise = { type: "gaussian", mean: 128, sigma: 30 } as const;
    const png = await sharp({
      create: { width: 16, height: 16, channels: 3, background: "black", noise },
    }).png().toBuffer();
    for (let i = 0; i < 8; i++) await Deno.writeFile(`${cwd}/images/${i}.png`, png);
    await Deno.writeFile(`${cwd}/images/7.png`, png.subarray(0, png.length / 2));
    const train = ["train", "--dataset=folder", "--path=images", "--image_size=16"];
    const options = ["--crop_size=16", "--batch_size=8", "--max_steps=1", "--device=wasm"];
    refused(await runCommand(cwd, [...train, ...options]), 3, "7.png");
    assertEquals(await latestRun(`${cwd}/runs`), undefined);
    const verified = await runCommand(cwd, ["data", "verify", "folder", "--path=images"]);
    refused({ ...verified, stdout: "" }, 3, "Cannot verify folder", "1 of 8");
    assertStringIncludes(verified.stdout, `${cwd}/images/7.png`);
    await Deno.remove(`${cwd}/images/7.png`);
    await Deno.mkdir(`${cwd}/images/7.png`);
    await Deno.writeFile(`${cwd}/images/8.png`, deflateSync(png));
    refused(await runCommand(cwd, [...train, ...options]), 3, ".png");
  });
});

Deno.test("neighbors of --probe=knn are counted before training", async () => {
  await inFolder(async (cwd) => {
    const train = ["train", ...TINY, "--probe=knn", "--probe.k=200"];
    refused(await runCommand(cwd, train), 2, "Cannot set --probe.k: it must be at most 64");
    assertEquals(await latestRun(`${cwd}/runs`), undefined);
  });
});

Deno.test("without a Vulkan driver webgpu is a DeviceError, OpenGL or not, and auto is wasm", {
  // Elsewhere the system's own interface is the driver.
  ignore: Deno.build.os !== "linux",
}, async () => {
  await inFolder(async (cwd) => {
    const none = { VK_DRIVER_FILES: "/nowhere", VK_ICD_FILENAMES: "/nowhere" };
    const train = ["train", ...TINY, "--max_steps=1", "--no-baselines"];
    const named = await runCommand(cwd, [...train, "--device=webgpu"], none);
    refused(named, 4, "the machine must have a WebGPU adapter", "--device=wasm");
    const { code, stderr } = await runCommand(cwd, [...train, "--device=auto"], none);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "device   wasm: ");
  });
});
