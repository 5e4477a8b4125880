/**
 * `deno task docs:screenshots [RUN]`: the pictures of docs/, from a real run, by a real browser.
 *
 * @module
 */
import puppeteer, { type Page } from "puppeteer-core";
import sharp from "sharp";
import { latestRun } from "../lib/run/run_folder.ts";
import { say } from "../lib/terminal/say.ts";

/** Where systems have Chromium. */
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** Pixels of a picture. */
const WIDTH = 1120;

const run = Deno.args[0] ?? await latestRun("runs");
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
  await save("report.png", await report(page, run));
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
  const top = await page.screenshot({ clip: { x: 0, y: 0, width: WIDTH, height: 760 } });
  await page.focus(".plane");
  for (const key of ["ArrowRight", "ArrowDown", "Enter"] as const) await page.keyboard.press(key);
  await page.addStyleTag({
    content: "nav { position: static !important; } :focus { outline: 0; }",
  });
  const map = await page.$("#map");
  const box = await map?.boundingBox();
  if (!box) throw new Error("The report has no map.");
  return [
    top,
    await page.screenshot({ clip: { ...box, x: 0, width: WIDTH }, captureBeyondViewport: true }),
  ];
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
  say(`docs/${name}: ${WIDTH}×${height}, ${(bytes.length / 1000).toFixed(0)} kB`);
}
