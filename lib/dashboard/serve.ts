/**
 * The dashboard's server: for this machine alone, and for nothing but the runs.
 *
 * @module
 */
import { extname } from "node:path";
import { DataError, UsageError } from "../errors.ts";
import { onDemand } from "../packages/on_demand.ts";
import { THEME } from "../report/html.ts";
import { runEvents } from "./events.ts";
import { realFileInside, realInside, RunList } from "./runs.ts";
import page from "./page.html" with { type: "text" };
import script from "./page.js" with { type: "text" };
import style from "./page.css" with { type: "text" };
import { readFile, readText } from "../files.ts";

const HOST = "127.0.0.1";

/** Names by which a browser on this machine, or at the end of a tunnel, may call it. */
const HOSTS = ["localhost", HOST, "[::1]"];

/** What the page may load: from here alone, and only the dashboard's own scripts. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What a run's report may: it has all in itself, and is as from another site. */
const REPORT_POLICY = "sandbox allow-scripts allow-downloads; default-src 'none'; " +
  "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  events: "text/event-stream",
};

/** No other site may have what is here, nor may a cache keep what grows. */
const HEADERS = {
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** A dashboard that is being served. */
export interface Dashboard {
  /** Its address, as `http://127.0.0.1:6007/`. */
  readonly url: string;
  /** When it has ended. */
  readonly finished: Promise<void>;
}

/**
 * Serves the runs in `out` at 127.0.0.1 until `signal`; port 0 stands for any that is free. Throws a
 * UsageError where the port cannot be had, a DataError where vega is not there.
 */
export async function serveDashboard(
  out: string,
  port: number,
  signal: AbortSignal,
): Promise<Dashboard> {
  const site: Site = { list: new RunList(out), vega: await vegaScript(), signal };
  try {
    const server = Deno.serve(
      { hostname: HOST, port, signal, onListen: () => {} },
      async (request) => {
        const { body, status, headers } = await answer(request, site);
        if (request.method !== "HEAD") return new Response(body, { status, headers });
        await body?.cancel();
        return new Response(null, { status, headers });
      },
    );
    return { url: `http://${HOST}:${server.addr.port}/`, finished: server.finished };
  } catch (cause) {
    const { AddrInUse, PermissionDenied } = Deno.errors;
    if (!(cause instanceof AddrInUse || cause instanceof PermissionDenied)) throw cause;
    throw new UsageError({
      act: `serve at ${HOST}:${port}`,
      rule: "the port must be free and allowed",
      got: cause,
      next: "Choose another by --port; 0 takes any that is free.",
      cause,
    });
  }
}

/** What the answers are made from. */
interface Site {
  readonly list: RunList;
  readonly vega: string;
  readonly signal: AbortSignal;
}

async function answer(request: Request, { list, vega, signal }: Site): Promise<Response> {
  // Another site's name that leads to this machine would make that site's pages one with ours.
  const host = request.headers.get("host") ?? "";
  if (!HOSTS.includes(host.replace(/:\d+$/, "").toLowerCase())) {
    return plain(421, "This server has no other name than localhost.");
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return plain(405, "There is nothing here to change.", { allow: "GET, HEAD" });
  }
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case "/":
      return found(page, ".html", PAGE_POLICY);
    case "/page.css":
      return found(THEME + style, ".css", PAGE_POLICY);
    case "/page.js":
      return found(script, ".js", PAGE_POLICY);
    case "/vega.js":
      return found(vega, ".js", PAGE_POLICY);
    case "/events": {
      const lastId = request.headers.get("last-event-id");
      return found(
        runEvents(list, searchParams.getAll("run"), lastId, signal),
        "events",
        PAGE_POLICY,
      );
    }
  }
  return await reportFile(pathname, list.root) ?? plain(404, "There is no such page.");
}

/** `/runs/NAME/report/FILE`: a file of a run's report. */
async function reportFile(pathname: string, root: string): Promise<Response | undefined> {
  const match = /^\/runs\/([^/]+)\/report\/(.*)$/.exec(pathname);
  if (!match) return;
  const [name, ...names] = [match[1], ...(match[2] || "index.html").split("/")].map(decoded);
  const folder = await realInside(root, name, "report");
  const path = folder && await realFileInside(folder, ...names);
  const bytes = path && await readFile(path).catch(() => undefined);
  return bytes ? found(bytes, extname(path), REPORT_POLICY) : undefined;
}

/** A part of a path as text; as it is where it is no encoded text. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function found(body: BodyInit, type: string, policy: string): Response {
  return new Response(body, {
    headers: {
      ...HEADERS,
      "content-type": TYPES[type] ?? "application/octet-stream",
      "content-security-policy": policy,
    },
  });
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(text + "\n", {
    status,
    headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8", ...headers },
  });
}

/**
 * A classic script that defines `vega`, with `vega.expressionInterpreter`: a view made by
 * `new vega.View(vega.parse(spec, null, { ast: true }), { expr: vega.expressionInterpreter })` needs
 * no `unsafe-eval`. It takes vega's specs, which `liveSpec` compiles from vega-lite's. It
 * can stand between script tags as it is. Throws DataError where the packages cannot be read.
 */
export async function vegaScript(): Promise<string> {
  // Loaded, so that they are in Deno's cache, from which they are read.
  const modules = await Promise.all([onDemand("vega"), onDemand("vega-interpreter")]);
  const [vega, interpreter] = await Promise.all([
    readBeside(modules[0].url, "vega.min.js"),
    readBeside(modules[1].url, "vega-interpreter.js"),
  ]);
  return inlined([vega, classic(interpreter)].join("\n"));
}

/** JavaScript as it can stand between script tags: nothing in it ends the element. */
export function inlined(script: string): string {
  // In strings, templates and regular expressions alike `\/` and `\x21` mean the same.
  return script.replace(/<\/(?=script)/gi, "<\\/").replaceAll("<!--", "<\\x21--")
    .replace(/^\/\/# sourceMappingURL=.*$/gm, "");
}

/** The text of a file beside the module of a package, which names only the module. */
async function readBeside(module: string, file: string): Promise<string> {
  const url = new URL(file, module);
  try {
    return await readText(url);
  } catch (cause) {
    throw new DataError({
      act: `read ${file} beside ${module}`,
      rule: "Deno's cache must have the whole package",
      got: cause,
      next: "Run `deno install` again.",
      cause,
    });
  }
}

/** The module vega-interpreter as a classic script: what it imports, `vega` has. */
function classic(module: string): string {
  const script = module
    .replace(/^import (\{[^}]*\}) from 'vega-util';$/m, "const $1 = vega;")
    .replace(/^export \{ expression as (\w+) \};$/m, "vega.$1 = expression;");
  return `{\n${script}\n}`;
}
