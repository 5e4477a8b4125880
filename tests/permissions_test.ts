import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import config from "../deno.json" with { type: "json" };
import { notAllowed } from "../lib/command_line/main.ts";
import { COMMANDS } from "../lib/command_line/commands.ts";
import { DataError } from "../lib/errors.ts";
import { fileProblem } from "../lib/files.ts";
import { loadRegistry } from "../lib/registry.ts";
import { latestRun } from "../lib/run/run_folder.ts";
import { keptIn, TINY } from "./support/command_line.ts";
import { inFolder } from "./support/folders.ts";

const REPOSITORY = fileURLToPath(new URL("../", import.meta.url));
const TASKS: Readonly<Record<string, { command: string }>> = config.tasks;

/** Runs a task of `deno.json`, as it stands there, with its cache in a folder. */
async function task(folder: string, ...args: string[]): Promise<{ code: number; said: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args],
    cwd: REPOSITORY,
    env: keptIn(folder),
    stdin: "null",
  }).output();
  return { code, said: new TextDecoder().decode(new Uint8Array([...stdout, ...stderr])) };
}

Deno.test("every command but doctor has a task with few permissions, by name", () => {
  const base =
    /^deno run --lock=deno\.lock -R "-W=\$\(deno run -E lib\/cache\.ts\)" (-E=\S+ --ignore-env) -S=\S+( .*)? cli\.ts (\S+)$/;
  const environments = new Set<string>();
  for (const name of Object.keys(COMMANDS)) {
    for (const variant of [name, `${name}:images`]) {
      if (name === "doctor" || !Object.hasOwn(TASKS, variant)) continue;
      const [, env, rest = "", command] = base.exec(TASKS[variant].command) ?? [];
      assertEquals(command, name, `${variant}: ${TASKS[variant].command}`);
      environments.add(env);
      assert(!/ -A\b/.test(rest), variant);
      assertEquals(/--allow-run/.test(rest), name === "sweep", variant);
      assertEquals(/--allow-ffi/.test(rest), /:images$|^(report|data)$/.test(variant), variant);
      assert(!/-N(?!=)/.test(rest), `${variant}: hosts are named`);
    }
    assert(Object.hasOwn(TASKS, name), `there is no task ${name}`);
  }
  assertEquals(environments.size, 1, "all tasks read the same variables");
});

Deno.test("the hosts of the tasks are those that the datasets are fetched from", async () => {
  const registry = await loadRegistry([]);
  const hosts = new Set<string>();
  for (const name of registry.names("dataset")) {
    const { source } = await registry.get("dataset", name);
    for (const { url } of source?.files ?? []) hosts.add(new URL(url).host);
  }
  for (const name of ["train", "sweep", "linear", "knn", "embed", "report", "data"]) {
    const [, net = ""] = / -N=(\S+)/.exec(TASKS[name].command) ?? [];
    assertEquals(net.split(",").toSorted(), [...hosts].toSorted(), name);
  }
});

Deno.test("every task does its work with its permissions, in folders it may write to", async () => {
  await inFolder(async (folder) => {
    const works = async (...args: string[]) => {
      const { code, said } = await task(folder, ...args);
      assertEquals(code, 0, `${args.join(" ")}\n${said}`);
    };
    for (const [label, background] of [["cats", "#c84"], ["dogs", "#48c"]]) {
      await Deno.mkdir(`${folder}/photos/${label}`, { recursive: true });
      for (let i = 0; i < 8; i++) {
        await sharp({ create: { width: 16 + i, height: 16, channels: 3, background } })
          .png().toFile(`${folder}/photos/${label}/${i}.png`);
      }
    }
    const few = [...TINY, "--max_steps=1", "--no-baselines"];
    const photos = ["--dataset=folder", `--path=${folder}/photos`, "--image_size=16"];
    const images = [
      ...photos,
      ...few.filter((flag) => !/^--(dataset|classes|train|test|size|k|batch_size)=/.test(flag)),
    ];
    await works("train", ...few, `--out=${folder}/runs`);
    const run = `--run=${await latestRun(`${folder}/runs`)}`;
    await Promise.all([
      works("linear", run, "--probe.epochs=1"),
      works("knn", run, "--k=5"),
      works("embed", run, `--out=${folder}/features.safetensors`),
      works("export", run, "--format=onnx", `--out=${folder}/encoder.onnx`),
      works("train:images", ...images, "--batch_size=4", "--k=2", `--out=${folder}/of-images`),
    ]);
    for (const further of [[], ["--on_error=skip"]]) {
      const without = ["train", ...images, "--batch_size=4", "--k=2", ...further];
      const { code, said } = await task(folder, ...without);
      assertEquals(code, 2, `without ffi no image is said to be damaged\n${said}`);
      assertStringIncludes(said, "Deno must allow ffi access");
      assertStringIncludes(said, "`deno task train:images`");
    }
    await Promise.all([
      works("report", run, `--out=${folder}/page`),
      works("sweep", ...few, "--objective=biased,debiased", "--seeds=1", `--out=${folder}/sweep`),
      works("data", "list"),
      works("plugins", "check", "examples/hinge.ts"),
      works("completions", "fish"),
    ]);
  });
});

Deno.test("the task of the dashboard serves on the loopback", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "dashboard", "--port=0"],
    cwd: REPOSITORY,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  try {
    let said = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      const [url] = /http:\/\/\S+/.exec(said) ?? [];
      if (url === undefined) continue;
      const response = await fetch(url);
      await response.body?.cancel();
      assertEquals(response.status, 200);
      break;
    }
    assertStringIncludes(said, "http://127.0.0.1");
  } finally {
    child.kill("SIGINT");
    await child.stderr.cancel();
    await child.status;
  }
});

Deno.test("a missing permission is reported with its flag, and not as a full disk", async () => {
  await inFolder(async (folder) => {
    const few = [...TINY, "--max_steps=1"];
    const { code, said } = await task(folder, "train", ...few, "--out=/tauplus-elsewhere");
    assertEquals(code, 2, said);
    assertStringIncludes(
      said,
      "Cannot continue: Deno must allow write access to /tauplus-elsewhere.",
    );
    assertStringIncludes(said, "Add --allow-write=/tauplus-elsewhere between `deno run` and");
  });
});

Deno.test("a missing permission is found in the causes of an error", () => {
  const missing = (text: string) => new Deno.errors.NotCapable(text);
  const write = missing(
    'Requires write access to "/data/.f.safetensors.7.unfinished", run again with the --allow-write flag',
  );
  const problem = fileProblem("write f", "/data/f", write);
  assert(problem instanceof DataError);
  assertStringIncludes(notAllowed(problem)?.message ?? "", "Add --allow-write=/data between");
  const ffi = missing("Requires ffi access, run again with the --allow-ffi flag");
  assertStringIncludes(notAllowed(ffi)?.message ?? "", "Add --allow-ffi between");
  assertStringIncludes(notAllowed(ffi)?.message ?? "", "`deno task train:images`");
  assertEquals(notAllowed(new DataError({ act: "a", rule: "b", next: "c" })), undefined);
});
