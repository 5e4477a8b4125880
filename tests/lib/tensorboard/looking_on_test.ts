/**
 * TensorBoard itself, where Python has the package `tensorboard`; elsewhere the tests are ignored,
 * and fail instead where TAUPLUS_REQUIRE_TENSORBOARD is set.
 */
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { createRun } from "../../../lib/run/run_folder.ts";
import { EventFile, FOLDER } from "../../../lib/tensorboard/event_file.ts";
import { eventFiles } from "../../support/event_reader.ts";
import { findPython } from "../../support/torch.ts";

const SCRIPT = fileURLToPath(new URL("looking_on.py", import.meta.url));
const python = findPython(["tensorboard"]);
const missing = python === undefined;

/** TensorBoard at a folder: `look` reads on there, and gives all that it knows. */
function lookingOn(folder: string) {
  if (missing) throw new Error("There is no Python with tensorboard");
  const child = new Deno.Command(python, {
    args: [SCRIPT, folder],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async look() {
      await writer.write(new TextEncoder().encode("look\n"));
      let line = "";
      while (!line.endsWith("\n")) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`TensorBoard ended after ${line}`);
        line += value;
      }
      return JSON.parse(line);
    },
    async end() {
      await writer.close();
      await reader.cancel();
      await child.status;
    },
  };
}

Deno.test({
  name: `TensorBoard follows a run that grows, is interrupted and goes on${
    missing ? " (no Python with tensorboard on this machine)" : ""
  }`,
  ignore: missing && !Deno.env.has("TAUPLUS_REQUIRE_TENSORBOARD"),
  fn: async () => {
    const parent = await Deno.makeTempDir();
    const run = await createRun(parent, "run", { objective: "debiased", epochs: 3 });
    const folder = `${run.path}/${FOLDER}`;
    const tensorboard = lookingOn(folder);
    const tell = async (file: EventFile, step: number, loss: number) => {
      await run.append({ step, loss, time: new Date().toISOString() });
      file.follow();
    };
    const losses = async () => (await tensorboard.look()).scalars["train/loss"];

    const before = await EventFile.of(run.path);
    await tell(before, 10, 5);
    assertEquals(await losses(), [[10, 5]]);
    for (const step of [20, 30]) await tell(before, step, 4);
    assertEquals(await losses(), [[10, 5], [20, 4], [30, 4]]);

    // As a later process names its file.
    const [path] = eventFiles(folder);
    await run.truncateMetrics(10);
    const after = await EventFile.of(run.path, new Date(Date.now() + 60_000));
    await tell(after, 20, 3);
    assertEquals(eventFiles(folder).includes(path), false);
    assertEquals(await losses(), [[10, 5], [20, 3]]);
    await tell(after, 30, 2);

    const linear = {
      top1: 75,
      top5: 100,
      perClass: { cat: 75, dog: 75 },
      confusion: [[3, 1], [1, 3]],
    };
    await run.writeFile("results.json", JSON.stringify({ device: "", trained: { linear } }));
    await run.writeFile("linear.json", JSON.stringify(linear));
    await after.end();
    const { scalars, images, texts, hparams } = await tensorboard.look();
    assertEquals(scalars["train/loss"], [[10, 5], [20, 3], [30, 2]]);
    assertEquals(scalars["test/linear_top1"], [[30, 75]]);
    assertEquals(images["test/linear_confusion"].map(([step]: number[]) => step), [30]);
    assertEquals(texts.configuration.split("\n").at(-1), "| epochs | 3 |");
    assertEquals(hparams, { objective: "debiased", epochs: 3 });
    await tensorboard.end();
    await run.close();
    await Deno.remove(parent, { recursive: true });
  },
});
