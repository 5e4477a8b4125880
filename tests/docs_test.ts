/**
 * Every command that the README, the pages of `docs/` and the examples show is run, in a folder that
 * looks like a checkout and has a tiny run and a few photos. A block of another kind says so beside
 * its language, which GitHub does not show:
 *
 *     ```sh             is run, all lines in one shell; what a block leaves, the next ones find
 *     ```sh slow        trains or tests for minutes
 *     ```sh download    needs the network
 *     ```sh gpu         needs a GPU
 *
 * Of the last three each command's flags and values are checked strictly, as the command itself
 * does before it begins. Blocks of `ts` are run by `deno test --doc`.
 */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath, pathToFileURL } from "node:url";
import sharp from "sharp";
import config from "../deno.json" with { type: "json" };
import { checkCommand } from "./support/check_command.ts";
import { keptIn, runCommand, TINY } from "./support/command_line.ts";
import { inFolder } from "./support/folders.ts";

const REPOSITORY = fileURLToPath(new URL("../", import.meta.url));
const MARKS = ["slow", "download", "gpu"];

/** Pages whose blocks a test of their own runs. */
const ELSEWHERE = ["docs/plugins.md"];
/** Pages that `sweep` wrote: each has one command, which took as long as the page says. */
const MEASURED = /^docs\/results\//;

interface Block {
  readonly line: number;
  readonly mark: string | undefined;
  readonly text: string;
}

/** The pages below a folder, as paths in the repository. */
async function pagesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(REPOSITORY + folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await pagesBelow(path));
    else if (name.endsWith(".md") && !ELSEWHERE.includes(path)) found.push(path);
  }
  return found.sort();
}

function blocksOf(path: string, page: string): Block[] {
  return [...page.matchAll(/^```sh(?: (.*))?\n([\s\S]*?)^```$/gm)].map((
    { index, 1: mark, 2: text },
  ) => ({
    line: page.slice(0, index).split("\n").length,
    mark: MEASURED.test(path) ? "slow" : mark,
    text,
  }));
}

/** A folder as a checkout is, in which what is written stays out of this one. */
async function makeCheckout(folder: string): Promise<void> {
  const copied = ["deno.json", "deno.lock", "examples"];
  for await (const { name } of Deno.readDir(REPOSITORY)) {
    if (/^(\..*|runs|sweeps|site|docs|tests)$/.test(name) || copied.includes(name)) continue;
    await Deno.symlink(REPOSITORY + name, `${folder}/${name}`);
  }
  // With --no-dereference, and so that nothing is written through to it.
  for (const name of copied) {
    await new Deno.Command("cp", { args: ["-r", REPOSITORY + name, folder] }).output();
  }
  await Deno.mkdir(`${folder}/.bin`);
  await Deno.symlink(Deno.execPath(), `${folder}/.bin/deno`);
  // `npx -y deno` is Deno from the registry, and this is that Deno.
  await Deno.writeTextFile(`${folder}/.bin/npx`, '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 });
  for (const [label, background] of [["cats", "#c84"], ["dogs", "#48c"]]) {
    await Deno.mkdir(`${folder}/photos/${label}`, { recursive: true });
    for (let i = 0; i < 12; i++) {
      const size = 24 + i;
      await sharp({ create: { width: size, height: size, channels: 3, background } })
        .png().toFile(`${folder}/photos/${label}/${i}.png`);
    }
  }
  const { code, stderr } = await runCommand(folder, ["train", ...TINY, "--max_steps=4"]);
  assertEquals(code, 0, stderr);
}

async function runBlock(folder: string, text: string): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", text],
    cwd: folder,
    env: {
      PATH: `${folder}/.bin:${Deno.env.get("PATH")}`,
      ...keptIn(folder),
    },
  }).output();
  const said = new TextDecoder().decode(new Uint8Array([...stdout, ...stderr]));
  assertEquals(code, 0, `${text}\n${said.slice(-4000)}`);
}

/** Checks each line as far as it can be without doing it. */
async function checkBlock(text: string): Promise<void> {
  const joined = text.replaceAll("\\\n", " ");
  for (const line of joined.split("\n").map((line) => line.replace(/(^|\s)#.*$/, "").trim())) {
    const [, task, rest = ""] = /^(?:npx -y )?deno task (\S+)(.*)$/.exec(line) ?? [];
    if (task === undefined) continue;
    assert(Object.hasOwn(config.tasks, task), `there is no task ${task}`);
    const { command } = config.tasks[task as keyof typeof config.tasks];
    const [, own] = /cli\.ts (\S+)/.exec(command) ?? [];
    // Tasks that are no command of the command line have no schema.
    if (own) await checkCommand([own, ...rest.split(/\s+/).filter((word) => word !== "")]);
  }
}

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading.toLowerCase().replaceAll("`", "").replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");

async function checkLink(page: string, link: string): Promise<void> {
  const url = new URL(link, pathToFileURL(REPOSITORY + page));
  const path = fileURLToPath(new URL(url.pathname, url));
  const info = await Deno.stat(path).catch(() => undefined);
  assert(info !== undefined, `${page} links to ${link}, which is not there`);
  if (url.hash === "") return;
  const headings = [...(await Deno.readTextFile(path)).matchAll(/^#+ (.*)$/gm)];
  const anchors = headings.map(([, heading]) => `#${anchorOf(heading)}`);
  assert(
    anchors.includes(decodeURIComponent(url.hash)),
    `${page} links to ${link}: no such heading`,
  );
}

const pages = ["README.md", ...await pagesBelow("docs"), ...await pagesBelow("examples")];

Deno.test("the commands of the README, the docs and the examples run as they stand", async (t) => {
  await inFolder(async (folder) => {
    await makeCheckout(folder);
    for (const path of pages) {
      const page = await Deno.readTextFile(REPOSITORY + path);
      for (const { line, mark, text } of blocksOf(path, page)) {
        await t.step(`${path}:${line}${mark ? ` (${mark})` : ""}`, async () => {
          if (mark === undefined) return await runBlock(folder, text);
          assert(MARKS.includes(mark), `a block is marked by one of ${MARKS}, not by ${mark}`);
          await checkBlock(text);
        });
      }
    }
  });
});

Deno.test("files that comments and pages name in backticks are there", async () => {
  const named = /`((?:bench|docs|examples|lib|plugins|presets|tests)\/[\w/.-]+\.[a-z]+)`/g;
  const read = async (path: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(REPOSITORY + path)) {
      const file = `${path}/${name}`;
      if (isDirectory) await read(file);
      else if (/\.(ts|py|md)$/.test(name)) await check(file);
    }
  };
  const check = async (file: string) => {
    for (const [, path] of (await Deno.readTextFile(REPOSITORY + file)).matchAll(named)) {
      const info = await Deno.stat(REPOSITORY + path).catch(() => undefined);
      assert(info, `${file} names ${path}, which is not there`);
    }
  };
  for (const folder of ["bench", "docs", "examples", "lib", "plugins", "tests"]) await read(folder);
  for (const file of ["README.md", "mod.ts", "cli.ts"]) await check(file);
});

Deno.test("the pages link to files and headings that there are", async () => {
  for (const path of [...pages, ...ELSEWHERE]) {
    const page = await Deno.readTextFile(REPOSITORY + path).catch(() => "");
    const text = page.replaceAll(/^```[\s\S]*?^```$/gm, "");
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (!/^[a-z]+:/.test(link)) await checkLink(path, link);
    }
  }
});
