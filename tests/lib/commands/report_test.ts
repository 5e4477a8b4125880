import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Page } from "puppeteer-core";
import { latestRun } from "../../../lib/run/run_folder.ts";
import { testInChromium } from "../../support/chromium.ts";
import { type Outcome, runCommand, TINY } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { refused } from "../../support/refused.ts";

/** One training for all tests here, of seconds; each test works on a copy. */
const trained = Deno.makeTempDirSync();
let training: Promise<string> | undefined;
addEventListener("unload", () => Deno.removeSync(trained, { recursive: true }));

function trainedRun(): Promise<string> {
  return training ??= (async () => {
    const options = ["--epochs=2", "--log_every=1", "--eval_every=1", "--no-baselines"];
    const { code, stderr } = await runCommand(trained, ["train", ...TINY, ...options]);
    assertEquals(code, 0, stderr);
    return (await latestRun(`${trained}/runs`))!;
  })();
}

/** A folder with copies of the run: `runs/a`, `runs/b` … */
async function withRuns(
  names: readonly string[],
  act: (cwd: string) => Promise<void>,
): Promise<void> {
  const run = await trainedRun();
  await inFolder(async (cwd) => {
    for (const name of names) {
      await copyFolder(run, `${cwd}/runs/${name}`);
    }
    await act(cwd);
  });
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

async function change(path: string, values: Record<string, unknown>): Promise<void> {
  const config = JSON.parse(await Deno.readTextFile(path));
  await Deno.writeTextFile(path, JSON.stringify({ ...config, ...values }));
}

const report = (cwd: string, ...args: string[]): Promise<Outcome> =>
  runCommand(cwd, ["report", "--device=wasm", ...args]);

async function made(cwd: string, ...args: string[]): Promise<Outcome> {
  const outcome = await report(cwd, ...args);
  assertEquals(outcome.code, 0, outcome.stderr);
  return outcome;
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Opens a file; gives what the page did that it should not. */
async function open(page: Page, path: string): Promise<string[]> {
  const wrong: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warn") wrong.push(message.text());
  });
  page.on("request", (request) => {
    if (!/^(data|file):/.test(request.url())) wrong.push(request.url());
  });
  page.on("requestfailed", (request) => wrong.push(`failed: ${request.url().slice(0, 80)}`));
  await page.goto(`file://${path}`);
  return wrong;
}

const textOf = (page: Page, selector: string) =>
  page.$eval(selector, (element) => element.textContent ?? "");
const count = async (page: Page, selector: string) => (await page.$$(selector)).length;
/** Pixels by which the page is wider than its window. */
const overflow = (page: Page) => page.evaluate("document.documentElement.scrollWidth - innerWidth");
/** A computed style. */
const styleOf = async (page: Page, selector: string, name: string) =>
  String(await page.evaluate(`getComputedStyle(document.querySelector("${selector}")).${name}`));

testInChromium("a report shows each part of a run, and its map is explored", async (page) => {
  await withRuns(["a"], async (cwd) => {
    const { stdout } = await made(cwd, "--points=20");
    assertMatch(stdout, /^report: runs\/a\/report\/index\.html {3}\d+ figures beside it$/m);
    const wrong = await open(page, `${cwd}/runs/a/report/index.html`);

    assertEquals(await textOf(page, "h1"), "a");
    assertMatch(await textOf(page, "#results"), /linear top-1\s*\d+\.\d\d/);
    assertStringIncludes(await textOf(page, "#configuration"), "tau_plus");
    const shown = [
      ...["loss", "learning_rate", "knn_top1", "alignment", "uniformity", "rankme"],
      ...["clamp_rate", "false_negative_rate"],
    ];
    for (const id of shown) {
      const label = await page.$eval(`#figure-${id} svg`, (svg) => svg.getAttribute("aria-label"));
      assertMatch(label ?? "", /over steps: a from [-\d.]+( %)? at step \d+ to/, id);
      assert((await textOf(page, `#figure-${id} figcaption`)).length > 20, id);
    }
    assertEquals(await count(page, ".confusion svg .mark-rect path"), 9);
    assertEquals(await count(page, ".per-class svg .mark-rect path"), 3);
    assertEquals(await count(page, ".map svg .mark-symbol path"), 20);
    assertEquals(await count(page, ".neighbors > li"), 8);
    assertEquals(await count(page, ".neighbors ol .tile"), 64);
    assertEquals(await count(page, ".views > li"), 16);
    assertEquals(await count(page, ".views .tile"), 48);
    const nameless = '[role="img"]:not([aria-label]), [role="img"][aria-label=""], img:not([alt])';
    assertEquals(await count(page, nameless), 0);
    assertEquals(await count(page, ".missing"), 0);

    // A click keeps the image at the point, with its label and its nearest ones.
    await page.$eval(
      ".plane",
      (plane) => plane.scrollIntoView({ block: "center", behavior: "instant" }),
    );
    const point = await page.$$(".map svg .mark-symbol path");
    const box = (await point[7].boundingBox())!;
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    assertMatch(await textOf(page, ".panel .kept strong"), /^\S+/);
    assertMatch(await textOf(page, ".panel .kept .muted"), /^test image \d+$/);
    assertEquals(await count(page, ".panel .near .tile"), 8);
    const kept = await textOf(page, ".panel .kept");

    // The same by keys: to a point beside, keep it, let go.
    await page.focus(".plane");
    for (const key of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"] as const) {
      await page.keyboard.press(key);
      assertEquals(await count(page, ".tip[hidden]") + await count(page, ".tip .tile"), 1);
    }
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    assertMatch(await textOf(page, ".panel .kept"), /test image \d+$/);
    await page.keyboard.press("Escape");
    assertStringIncludes(await textOf(page, ".panel"), "Escape lets go");
    // To a neighbor of the kept one.
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    assertEquals(await textOf(page, ".panel .kept"), kept);
    await page.click(".panel .near li:first-child button");
    assert(await textOf(page, ".panel .kept") !== kept);
    // One class alone.
    await page.click(".legend button");
    const faded = await count(page, ".mark-symbol .faded");
    assert(faded > 0 && faded < 20, `${faded} points are faded`);

    assertEquals(await overflow(page), 0);
    await page.setViewport({ width: 390, height: 800 });
    assertEquals(await overflow(page), 0, "the page is as wide as a phone");

    const background = () => styleOf(page, "body", "backgroundColor");
    const axis = () => styleOf(page, "#figure-loss svg text", "fill");
    const light = [await background(), await axis()];
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    const brightness = (color: string) =>
      (color.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, n) => sum + Number(n), 0) / 3;
    assert(brightness(light[0]) > 200 && brightness(light[1]) < 100, light.join());
    const dark = [await background(), await axis()];
    assert(brightness(dark[0]) < 50 && brightness(dark[1]) > 180, dark.join());
    assertEquals(wrong, []);
  });
});

testInChromium("runs stand side by side, and what differs is marked", async (page) => {
  await withRuns(["a", "b"], async (cwd) => {
    await change(`${cwd}/runs/b/config.json`, { "objective.tau_plus": 0.25, seed: 3 });
    await Deno.remove(`${cwd}/runs/b/results/linear-synthetic.json`);
    const { stderr } = await made(cwd, "--run=runs/a", "--run=runs/b", "--points=12", "--to=both");
    const why = "`deno task linear --run=runs/b` makes it";
    assertStringIncludes(stderr, why);
    const wrong = await open(page, `${cwd}/both/index.html`);
    const rows = await page.$$eval(
      ".differs",
      (rows) => rows.map((row) => [...row.children].map(({ textContent }) => textContent?.trim())),
    );
    assertEquals(await count(page, ".facts .unlike"), 4);
    assertEquals(rows, [["≠ seed", "0", "3"], ["≠ objective.tau_plus", "0.1", "0.25"]]);
    const paths = '#figure-loss svg [aria-roledescription="line mark"]';
    assertEquals(await count(page, paths), 2);
    for (const name of ["a", "b"]) {
      assertStringIncludes(await textOf(page, "#training .key"), name);
    }
    assertEquals(await count(page, ".map"), 2);
    assertEquals(await count(page, ".confusion"), 1);
    // The same images are in the page once.
    const markup = await page.content();
    assert(markup.includes(".test-0{") && !markup.includes(".test-1{"));
    assertStringIncludes(await textOf(page, "#probe .missing"), why);
    await page.setViewport({ width: 1280, height: 800 });
    const tops = await page.$$eval(
      ".map",
      (maps) => maps.map((map) => map.getBoundingClientRect().y),
    );
    assertEquals(tops[0], tops[1]);
    await page.setViewport({ width: 390, height: 800 });
    assertEquals(await overflow(page), 0);
    assertEquals(wrong, []);
  });
});

Deno.test("a report is replaced whole, and nothing else is", async () => {
  await withRuns(["a"], async (cwd) => {
    const folder = `${cwd}/runs/a/report`;
    await made(cwd, "--points=5");
    const files = names(folder);
    for (const name of ["index.html", "loss.svg", "rankme.svg", "map.svg", "confusion.svg"]) {
      assert(files.includes(name), `${name} is in ${files}`);
    }
    for (const name of files.filter((name) => name.endsWith(".svg"))) {
      const svg = await Deno.readTextFile(`${folder}/${name}`);
      assertMatch(
        svg,
        /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*><title>[^<]+</,
        name,
      );
    }
    const page = await Deno.readTextFile(`${folder}/index.html`);
    await Deno.writeTextFile(`${folder}/old.svg`, "<svg/>");
    await made(cwd, "--points=5");
    assertEquals(names(folder), files);
    // Nothing of it is random, nor of its time.
    assertEquals(await Deno.readTextFile(`${folder}/index.html`), page);
    assertEquals(names(`${cwd}/runs/a`).filter((name) => name.startsWith(".")), []);
    refused(
      await report(cwd, "--to=runs/a"),
      2,
      "Cannot write the report runs/a",
      "an earlier report",
    );
    await Deno.writeTextFile(`${folder}/mine.txt`, "");
    refused(await report(cwd), 2, 'got "mine.txt"');
  });
});

Deno.test("what cannot be made is left out, and the page says why", async () => {
  await withRuns(["a"], async (cwd) => {
    const run = `${cwd}/runs/a`;
    for (const name of names(run)) {
      if (name !== "config.json") await Deno.remove(`${run}/${name}`, { recursive: true });
    }
    const { stderr } = await made(cwd, "--points=5");
    const bare = await Deno.readTextFile(`${run}/report/index.html`);
    for (const why of ["the folder must have a checkpoint", "Nothing is logged yet"]) {
      assertStringIncludes(bare, why);
    }
    assertStringIncludes(stderr, "left out: Cannot load an encoder from runs/a");
    assertStringIncludes(bare, 'class="views"');

    // Nothing was evaluated while it was trained.
    await Deno.writeTextFile(`${run}/metrics.jsonl`, '{"step":1,"epoch":1,"loss":2}\n');
    await change(`${run}/config.json`, { dataset: "folder", "dataset.path": `${cwd}/gone` });
    await made(cwd, "--points=5");
    const gone = await Deno.readTextFile(`${run}/report/index.html`);
    assert(!gone.includes('class="views"'));
    assertStringIncludes(gone, `${cwd}/gone`);
    assertStringIncludes(gone, "--eval_every=1 does it");
    assert(gone.includes('id="figure-loss"') && !gone.includes('id="figure-rankme"'));
  });
});

Deno.test("a dataset that is not on this machine is not fetched for a report", async () => {
  await withRuns(["a"], async (cwd) => {
    const config = `${cwd}/runs/a/config.json`;
    const values = JSON.parse(await Deno.readTextFile(config));
    const others = Object.entries(values).filter(([name]) => !name.startsWith("dataset."));
    await Deno.writeTextFile(
      config,
      JSON.stringify({ ...Object.fromEntries(others), dataset: "cifar10" }),
    );
    await made(cwd);
    const page = await Deno.readTextFile(`${cwd}/runs/a/report/index.html`);
    assertStringIncludes(page, "deno task data fetch cifar10");
  });
});

Deno.test("folders that are not runs are refused", async () => {
  await inFolder(async (cwd) => {
    refused(await report(cwd), 2, "the folder runs must contain one");
    refused(await report(cwd, "--run=nowhere"), 3, "Cannot open the run nowhere");
    refused(await report(cwd, "--run="), 2, "the folder runs must contain one");
    refused(await report(cwd, "--run=a,,b"), 2, "Cannot set --run");
    refused(await report(cwd, "--points=2"), 2, "Cannot set --points");
    await Deno.mkdir(`${cwd}/runs/broken`, { recursive: true });
    await Deno.writeTextFile(`${cwd}/runs/broken/config.json`, "[]");
    refused(await report(cwd), 3, "Cannot read the run runs/broken", "config.json");
    assertEquals(names(`${cwd}/runs/broken`), ["config.json"]);
  });
});
