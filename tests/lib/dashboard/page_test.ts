import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Page } from "puppeteer-core";
import { serveDashboard } from "../../../lib/dashboard/serve.ts";
import { readMetrics } from "../../../lib/run/metrics.ts";
import { testInChromium } from "../../support/chromium.ts";
import { startCommand, TINY } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { writeRun } from "../../support/run_folders.ts";

const TRAIN = [
  "train",
  ...TINY,
  "--epochs=20",
  "--log_every=1",
  "--eval_every=10",
  "--no-baselines",
  "--out=runs",
];

// In the page: how many points the lines of a figure go through, and the text of the list's first row.
const POINTS = (figure: string) =>
  `[...document.querySelectorAll("#${figure} .mark-line path")]` +
  `.reduce((sum, path) => sum + path.getAttribute("d").split(/[ML]/).length - 1, 0)`;
const FIRST_ROW = `String(document.querySelector("tbody tr")?.textContent)`;

/** Waits until `condition`, JavaScript for the page, holds. */
async function until(page: Page, condition: string): Promise<void> {
  await page.waitForFunction(condition, { timeout: 60_000 });
}

/** What the console said that was no information; a test may look for what it brought about itself. */
function complaints(page: Page): string[] {
  const said: string[] = [];
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) said.push(message.text());
  });
  return said;
}

testInChromium(
  "a training is seen from its first point to its last",
  (page) =>
    inFolder(async (folder) => {
      const said = complaints(page);
      const stop = new AbortController();
      const { url, finished } = await serveDashboard(`${folder}/runs`, 0, stop.signal);
      await page.goto(url);
      await until(page, `!document.getElementById("none").hidden`);
      const training = startCommand(folder, TRAIN);
      await until(page, `${FIRST_ROW}.includes("training") && ${POINTS("loss")} > 0`);
      const first = Number(await page.evaluate(POINTS("loss")));
      const { code } = await training.output();
      assertEquals(code, 0);
      await until(page, `${FIRST_ROW}.includes("finished") && ${POINTS("loss")} === 80`);
      assert(first < 80);
      // Each figure is drawn when it is ready.
      await until(page, `${POINTS("knn_top1")} === 2`);
      await until(page, `${POINTS("images_per_second")} === 80`);

      // What the row and the words for who sees no figure say, is what the log says.
      const [{ name }] = [...Deno.readDirSync(`${folder}/runs`)];
      const log = await readMetrics(`${folder}/runs/${name}`);
      const row = String(await page.evaluate(FIRST_ROW));
      for (const text of [name, "20 / 20", "80", Number(log.at(-2)?.loss).toFixed(4)]) {
        assertStringIncludes(row, text);
      }
      const label = await page.evaluate(`document.querySelector("#knn_top1 [role=img]").ariaLabel`);
      assertStringIncludes(String(label), `${name} at step 80: `);
      stop.abort();
      await finished;
      assertEquals(said, []);
    }),
);

testInChromium(
  "runs are chosen by keyboard, compared, and followed over a lost connection",
  (page) =>
    inFolder(async (out) => {
      const said = complaints(page);
      const lines = [1, 2, 3].map((step) => ({ step, epoch: 1, loss: 4 / step }));
      for (const [i, name] of ["a", "b & 'b'"].entries()) {
        const run = await writeRun(out, name, lines);
        await Deno.utime(`${run}/config.json`, i, i);
      }
      await Deno.mkdir(`${out}/a/report`);
      await Deno.writeTextFile(`${out}/a/report/index.html`, "<title>the report</title>");
      const stop = new AbortController();
      const first = await serveDashboard(out, 0, stop.signal);
      // A phone, in the dark.
      await page.setViewport({ width: 375, height: 700 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
      await page.goto(first.url);
      await until(page, `${POINTS("loss")} === 3`);
      assertEquals(await page.evaluate(`document.documentElement.scrollWidth`), 375);
      const light = `getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] > 128`;
      assertEquals(await page.evaluate(light), false);

      await page.focus("tbody tr:nth-child(2) input");
      await page.keyboard.press("Space");
      await until(page, `${POINTS("loss")} === 6`);
      assertEquals(new URL(page.url()).searchParams.getAll("run"), ["b & 'b'", "a"]);
      const legend = `[...document.querySelectorAll("#legend li")].map((item) => item.textContent)`;
      assertEquals(await page.evaluate(legend), ["b & 'b'", "a"]);
      assertEquals(await page.evaluate(`document.activeElement.id`), "show a");

      // A line comes while there is no connection.
      stop.abort();
      await first.finished;
      await until(page, `document.getElementById("state").textContent.includes("trying again")`);
      await writeRun(out, "a", [...lines, { step: 4, epoch: 1, loss: 1 }]);
      const again = new AbortController();
      const second = await serveDashboard(out, Number(new URL(first.url).port), again.signal);
      await until(page, `${POINTS("loss")} === 7`);

      const report = await page.$("a[href='runs/a/report/']");
      await Promise.all([page.waitForNavigation(), report?.click()]);
      assertEquals(await page.title(), "the report");
      again.abort();
      await second.finished;
      // All that was wrong is the connection, while it was.
      assertEquals(
        said.filter((text) =>
          !text.includes("ERR_CONNECTION_REFUSED") && !text.includes("ERR_INCOMPLETE_CHUNKED")
        ),
        [],
      );
    }),
);
