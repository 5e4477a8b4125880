/**
 * `deno task docs:screenshots [RUN] [report | dashboard]`: the pictures of docs/, from a real run, by
 * a real browser.
 *
 * @module
 */
import { basename, dirname, resolve } from "node:path";
import puppeteer, { type Page } from "puppeteer-core";
import sharp from "sharp";
import { RunList } from "../lib/dashboard/runs.ts";
import { serveDashboard } from "../lib/dashboard/serve.ts";
import { latestRun } from "../lib/run/run_folder.ts";
import { printOut } from "../lib/terminal/print.ts";

/** Where systems have Chromium. */
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** Pixels of a picture. */
const WIDTH = 1120;

const [run = await latestRun("runs"), only] = Deno.args;
if (run === undefined) throw new Error("There is no run: `deno task train` makes one.");
const executablePath = CHROMIUM.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});
if (executablePath === undefined) throw new Error(`There is none of ${CHROMIUM.join(", ")}.`);

const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const folder = await Deno.makeTempDir();
try {
  const page = await browser.newPage();
  await page.setViewport({ width: WIDTH, height: 900 });
  if (only !== "dashboard") await save("report.png", await report(page, run));
  if (only !== "report") await save("dashboard.png", [await dashboard(page, run)]);
} finally {
  await browser.close();
  await Deno.remove(folder, { recursive: true });
}

/** The report of the run: its top with the first curves, and its map with an image that is kept. */
async function report(page: Page, run: string): Promise<Uint8Array[]> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "report", `--run=${run}`, `--to=${folder}/report`],
  }).spawn().status;
  if (!success) throw new Error("There is no report.");
  await page.goto(`file://${folder}/report/index.html`);
  const still = "html { scroll-behavior: auto; } :focus-visible { outline: 0; }";
  await page.addStyleTag({ content: `${still} nav { position: static; }` });
  await page.focus(".plane");
  for (const key of ["ArrowRight", "ArrowDown", "Enter"] as const) await page.keyboard.press(key);
  await page.evaluate("scrollTo(0, 0)");
  const curves = await page.$("#figure-loss").then((figure) => figure?.boundingBox());
  const map = await page.$("#map").then((section) => section?.boundingBox());
  if (!curves || !map) throw new Error("The report has no curves, or no map.");
  const part = (y: number, height: number) =>
    page.screenshot({ clip: { x: 0, y, width: WIDTH, height } });
  return [await part(0, curves.y + curves.height), await part(map.y, map.height)];
}

/** The dashboard of the run and, where its folder has another, of the newest of those. */
async function dashboard(page: Page, run: string): Promise<Uint8Array> {
  const name = basename(resolve(run)), out = dirname(resolve(run));
  const others = (await new RunList(out).list()).filter((other) => other.name !== name);
  const names = [...others.slice(0, 1).map(({ name }) => name), name];
  const stop = new AbortController();
  const { url, finished } = await serveDashboard(out, 0, stop.signal);
  await page.goto(`${url}?${new URLSearchParams(names.map((name) => ["run", name]))}`);
  // Every figure has a line per run that has points in it.
  await page.waitForFunction(
    `[...document.querySelectorAll("figure")].every((figure) => figure.querySelector("path[d*=L]"))` +
      ` && document.querySelectorAll("#loss .mark-line path").length === ${names.length}`,
  );
  // The figures find their widths.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const picture = await page.screenshot({ fullPage: true });
  await page.goto("about:blank");
  stop.abort();
  await finished;
  return picture;
}

/** Pictures one below the other, in docs/. */
async function save(name: string, parts: readonly Uint8Array[]): Promise<void> {
  const pictures = await Promise.all(
    parts.map((part) => sharp(part).toBuffer({ resolveWithObject: true })),
  );
  let height = 0;
  const placed = pictures.map(({ data, info }) => {
    const top = height;
    height += info.height;
    return { input: data, top, left: 0 };
  });
  const bytes = await sharp({ create: { width: WIDTH, height, channels: 3, background: "white" } })
    .composite(placed).png({ palette: true, effort: 10 }).toBuffer();
  const path = new URL(name, import.meta.url);
  await Deno.writeFile(path, bytes);
  printOut(`docs/${name}: ${WIDTH}×${height}, ${(bytes.length / 1000).toFixed(0)} kB`);
}
