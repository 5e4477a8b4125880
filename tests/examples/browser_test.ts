import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import type { Page } from "puppeteer-core";
import sharp from "sharp";
import { latestRun, loadRun } from "../../mod.ts";
import { testInChromium } from "../support/chromium.ts";
import { keptIn, runCommand, TINY } from "../support/command_line.ts";
import { type FileServer, serveFiles } from "../support/file_server.ts";
import { inFolder } from "../support/folders.ts";

const PREPARE = fileURLToPath(new URL("../../examples/browser/prepare.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

async function prepare(cwd: string, ...flags: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `--config=${CONFIG}`, PREPARE, ...flags],
    cwd,
    env: keptIn(cwd),
  }).output();
  return { code, text: new TextDecoder().decode(code === 0 ? stdout : stderr) };
}

/** All files of the page on a server of their own. */
async function serveFolder(folder: string): Promise<FileServer> {
  const files: Record<string, Uint8Array> = {};
  const add = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(`${folder}/${path}`)) {
      if (isDirectory) await add(`${path}${name}/`);
      else files[path + name] = await Deno.readFile(`${folder}/${path}${name}`);
    }
  };
  await add("");
  return serveFiles(files);
}

/** The neighbors that the page shows, nearest first. */
async function shown(page: Page): Promise<{ alt: string; cosine: number }[]> {
  const found = await page.evaluate(`JSON.stringify([...document.querySelectorAll("#nearest li")]
    .map((li) => ({ alt: li.querySelector("img").alt, cosine: Number(li.dataset.cosine) })))`);
  return JSON.parse(String(found));
}

const textOf = async (page: Page, id: string) =>
  String(await page.evaluate(`document.getElementById("${id}").textContent`));

testInChromium("the page finds a test image again as its own nearest neighbor", async (page) => {
  await inFolder(async (cwd) => {
    const trained = await runCommand(cwd, ["train", ...TINY, "--max_steps=4", "--no-baselines"]);
    assertEquals(trained.code, 0, trained.stderr);
    const made = await prepare(cwd, "--device=wasm");
    assertEquals(made.code, 0, made.text);
    assertMatch(made.text, /^embedding 24 images of synthetic, test$/m);
    assertMatch(made.text, /^made: site /m);

    const { dataset: { splits: { test }, classes } } = await loadRun(
      (await latestRun(`${cwd}/runs`))!,
    );
    const place = 17;
    const pixels = await test.read([place]);
    const raw = { width: 16, height: 16, channels: 3 } as const;
    await sharp(pixels, { raw }).png().toFile(`${cwd}/seventeen.png`);
    // Four times as large, in the middle of a wide image: what the evaluation's crop is for.
    await sharp(pixels, { raw }).resize(64, 64, { kernel: "nearest" })
      .extend({ left: 20, right: 20, background: "#ffffff" }).png().toFile(`${cwd}/wide.png`);
    await Deno.writeTextFile(`${cwd}/words.txt`, "no image");

    const complaints: string[] = [];
    page.on("console", (message) => {
      // Chromium warns of its software renderer.
      if (message.type() !== "warn") complaints.push(message.text());
    });
    page.on("requestfailed", (request) => complaints.push(`no ${request.url()}`));
    await using server = await serveFolder(`${cwd}/site`);
    await page.goto(`${server.url}/index.html`);
    await page.waitForSelector("#file:enabled");
    assertMatch(await textOf(page, "about"), /^24 images of synthetic \(test\)/);
    assert(await page.$eval("#result", (element) => element.hasAttribute("hidden")));

    const input = await page.$("input[type=file]");
    const alt = `${classes[test.labels![place]]}, test image ${place}`;
    for (const name of ["seventeen.png", "wide.png"]) {
      await input!.uploadFile(`${cwd}/${name}`);
      await page.waitForFunction(`document.getElementById("title").textContent === "${name}"`);
      const neighbors = await shown(page);
      assertEquals(neighbors.length, 12);
      assertEquals(neighbors[0].alt, alt);
      assert(neighbors[0].cosine > 0.9999, `${name}: ${neighbors[0].cosine}`);
      const cosines = neighbors.map(({ cosine }) => cosine);
      assertEquals(cosines, cosines.toSorted((a, b) => b - a));
      assert(cosines[11] < 0.9999);
    }
    assertMatch(await textOf(page, "summary"), /^Of the 12 nearest, \d+ (are|is) /);

    await input!.uploadFile(`${cwd}/words.txt`);
    await page.waitForFunction(`document.getElementById("error").textContent !== ""`);
    assertEquals(await textOf(page, "error"), "words.txt is no image this browser can read.");

    // By the keyboard: a sample, and a neighbor of it.
    await page.focus("#samples button");
    await page.keyboard.press("Enter");
    assertEquals(await textOf(page, "error"), "");
    const [itself, next] = await shown(page);
    assert(itself.cosine > 0.9999);
    await page.focus("#nearest li:nth-child(2) button");
    await page.keyboard.press("Enter");
    assertEquals((await shown(page))[0].alt, next.alt);
    assertEquals(await textOf(page, "title"), next.alt);
    assertEquals(complaints, []);

    // Another page takes its place; what is no page is left alone.
    assertEquals((await prepare(cwd, "--count=5", "--split=train", "--device=wasm")).code, 0);
    const refusals: [string[], number, string][] = [
      [["--to=runs"], 2, "it must be new, an empty folder, or an earlier page"],
      [["--count=0"], 2, "Cannot use --count: it must be a positive integer"],
      [["--split=val"], 2, "Cannot use --split: it must be one of train, test"],
      [["--runs=x"], 2, "Cannot understand the flags: Unknown option '--runs'"],
      [["--run=elsewhere"], 3, "Cannot open the run elsewhere"],
    ];
    await Promise.all(refusals.map(async ([flags, code, said]) => {
      const refused = await prepare(cwd, ...flags);
      assertEquals(refused.code, code, refused.text);
      assertStringIncludes(refused.text, said);
    }));
    const left = [...Deno.readDirSync(cwd)].map(({ name }) => name).sort();
    assertEquals(left, ["cache", "runs", "seventeen.png", "site", "wide.png", "words.txt"]);
  });
});
