/** A real browser: a headless Chromium, with pages from a server on the loopback. */
import puppeteer, { type Browser, type Page } from "puppeteer-core";

/** Where systems have it. */
const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The first of them that there is. */
export function findChromium(): string | undefined {
  return CANDIDATES.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/**
 * Registers a test with an empty page. Without Chromium it is reported as ignored, and fails instead
 * where TAUPLUS_REQUIRE_CHROMIUM is set.
 */
export function testInChromium(name: string, fn: (page: Page) => Promise<void>): void {
  const executablePath = findChromium();
  const missing = executablePath === undefined;
  Deno.test({
    name: missing ? `${name} (no Chromium on this machine)` : name,
    ignore: missing && !Deno.env.has("TAUPLUS_REQUIRE_CHROMIUM"),
    // The browser is a process of its own, which puppeteer watches.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      if (missing) throw new Error(`There is none of ${CANDIDATES.join(", ")}`);
      const browser: Browser = await puppeteer.launch({
        executablePath,
        // The sandbox needs rights that containers and root have not.
        args: ["--no-sandbox", "--disable-gpu"],
      });
      try {
        const page = await browser.newPage();
        const errors: unknown[] = [];
        page.on("pageerror", (error) => errors.push(error));
        await fn(page);
        if (errors.length > 0) throw new AggregateError(errors, "The page threw");
      } finally {
        await browser.close();
      }
    },
  });
}
