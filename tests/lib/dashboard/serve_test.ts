import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { serveDashboard } from "../../../lib/dashboard/serve.ts";
import { UsageError } from "../../../lib/errors.ts";
import { inFolder } from "../../support/folders.ts";
import { writeRun } from "../../support/run_folders.ts";

/** A folder with a secret beside the folder of runs, and a dashboard of these. */
async function served(
  act: (at: { url: string; port: number; out: string; folder: string }) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const out = `${folder}/runs`;
    const run = await writeRun(out, "a", [{ step: 1, loss: 2 }]);
    await Deno.writeTextFile(`${folder}/secret.txt`, SECRET);
    await Deno.mkdir(`${run}/report`);
    await Deno.writeTextFile(`${run}/report/index.html`, "<h1>the report</h1>");
    await Deno.writeTextFile(`${run}/report/loss.svg`, "<svg/>");
    const stop = new AbortController();
    const { url, finished } = await serveDashboard(out, 0, stop.signal);
    try {
      await act({ url, port: Number(new URL(url).port), out, folder });
    } finally {
      stop.abort();
      await finished;
    }
  });
}

const SECRET = "the secret";

/** Sends the text of a request as it is, which no client that minds the rules would; all that comes back. */
async function raw(port: number, path: string, head = "host: localhost"): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET ${path} HTTP/1.1\r\n${head}\r\nconnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  return await new Response(connection.readable).text();
}

Deno.test("the page, its parts and a run's report are served, with what they may do", () =>
  served(async ({ url }) => {
    for (
      const [path, type, part] of [
        ["", "text/html", "<title>tauplus"],
        ["page.css", "text/css", "--accent"],
        ["page.js", "text/javascript", "EventSource"],
        ["vega.js", "text/javascript", "expressionInterpreter"],
        ["runs/a/report/", "text/html", "the report"],
        ["runs/a/report/index.html", "text/html", "the report"],
        ["runs/a/report/loss.svg", "image/svg+xml", "<svg/>"],
      ]
    ) {
      const response = await fetch(url + path);
      assertEquals(response.status, 200, path);
      assertStringIncludes(response.headers.get("content-type")!, type);
      const policy = response.headers.get("content-security-policy")!;
      assertStringIncludes(policy, "default-src 'none'");
      assert(!policy.includes("unsafe-eval"));
      assertEquals(policy.startsWith("sandbox"), path.startsWith("runs/"));
      assertEquals(response.headers.get("x-content-type-options"), "nosniff");
      assertStringIncludes(await response.text(), part);
    }
  }));

Deno.test("no path leads out of the folder of runs", () =>
  served(async ({ port, out, folder }) => {
    await Deno.symlink(`${folder}/secret.txt`, `${out}/a/report/link.txt`);
    await Deno.symlink(folder, `${out}/a/report/up`);
    await Deno.symlink(`${out}/a/config.json`, `${out}/a/report/config.json`);
    await Deno.mkdir(`${folder}/b/report`, { recursive: true });
    await Deno.writeTextFile(`${folder}/b/report/index.html`, SECRET);
    await Deno.symlink(`${folder}/b`, `${out}/b`);
    const paths = [
      "/../secret.txt",
      "/runs/../../secret.txt",
      "/runs/a/report/../../../secret.txt",
      "/runs/a/report/../config.json",
      "/runs/a/report/%2e%2e/%2e%2e/%2e%2e/secret.txt",
      "/runs/a/report/..%2f..%2f..%2fsecret.txt",
      "/runs/a/report/..%5c..%5c..%5csecret.txt",
      "/runs/a/report/..\\..\\..\\secret.txt",
      "/runs/a/report/%252e%252e/%252e%252e/%252e%252e/secret.txt",
      "/runs/%2e%2e/b/report/index.html",
      "/runs/..%2fb/report/index.html",
      "/runs/./a/report/.%2e/.%2e/.%2e/secret.txt",
      `/runs/a/report/${folder}/secret.txt`,
      `/runs/a/report/${encodeURIComponent(`${folder}/secret.txt`)}`,
      `/${folder}/secret.txt`,
      `//${folder}/secret.txt`,
      `file://${folder}/secret.txt`,
      "/runs/a/report/link.txt",
      "/runs/a/report/up/secret.txt",
      "/runs/a/report/config.json",
      "/runs/b/report/index.html",
      "/runs/a/report/index.html%00.svg",
      "/runs/a/report/%00",
      "/runs/a/report/%ff",
      "/runs/a/report/%",
      "/runs/a/config.json",
      "/runs/a/",
      "/runs//report/",
    ];
    for (const path of paths) {
      const answer = await raw(port, path);
      assert(/^HTTP\/1.1 4\d\d /.test(answer), `${path}: ${answer.slice(0, 100)}`);
      assert(!answer.includes(SECRET) && !answer.includes("epochs"), path);
    }
    // And the same way in, of what may be seen, is open.
    assertStringIncludes(await raw(port, "/runs/a/report/%69ndex.html"), "the report");
  }));

Deno.test("only a browser that means this machine is answered", () =>
  served(async ({ port }) => {
    const status = async (head: string) => (await raw(port, "/", head)).split(" ")[1];
    for (const host of ["localhost", "LOCALHOST:8080", `127.0.0.1:${port}`, "[::1]:1"]) {
      assertEquals(await status(`host: ${host}`), "200", host);
    }
    for (
      const host of [
        "evil.example",
        `evil.example:${port}`,
        "localhost.evil.example",
        "127.0.0.1.nip",
        "",
      ]
    ) {
      assertEquals(await status(`host: ${host}`), "421", host);
    }
    assert(["400", "421"].includes(await status("x-none: 1")));
    await assertRejects(() => Deno.connect({ hostname: "127.0.0.2", port }));
  }));

Deno.test("only reading is allowed, and HEAD has no body", () =>
  served(async ({ url }) => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const response = await fetch(url, { method });
      assertEquals([response.status, response.headers.get("allow")], [405, "GET, HEAD"]);
      await response.body?.cancel();
    }
    for (const path of ["", "events", "runs/a/report/"]) {
      const response = await fetch(url + path, { method: "HEAD" });
      assertEquals([response.status, await response.text()], [200, ""]);
    }
    const missing = await fetch(`${url}nothing`);
    assertEquals([missing.status, await missing.text()], [404, "There is no such page.\n"]);
  }));

Deno.test("a port that is taken is refused, and says what to do", () =>
  served(async ({ port, out }) => {
    const { signal } = new AbortController();
    await assertRejects(() => serveDashboard(out, port, signal), UsageError, `127.0.0.1:${port}`);
  }));

Deno.test("the plugins that a run names are not run, whatever is shown of it", () =>
  served(async ({ url, out, folder }) => {
    const marker = `${folder}/ran`;
    const ran = () => Deno.stat(marker).then(() => true, () => false);
    const code = `Deno.writeTextFileSync(${JSON.stringify(marker)}, "");`;
    const plugin = `data:text/javascript,${encodeURIComponent(code)}`;
    const roles = { dataset: "evil", encoder: "evil", objective: "evil", probe: "evil" };
    const config = { plugin: [plugin], ...roles, epochs: 2 };
    const run = await writeRun(out, "evil", [{ step: 1, loss: 2 }], config);
    await Deno.writeTextFile(`${run}/checkpoint-1.safetensors`, "");
    await Deno.mkdir(`${run}/report`);
    await Deno.writeTextFile(`${run}/report/index.html`, "<h1>evil</h1>");

    await (await fetch(`${url}runs/evil/report/`)).body?.cancel();
    const events = await fetch(`${url}events?run=evil`);
    let said = "";
    for await (const text of events.body!.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (said.includes("event: records")) break;
    }
    assertStringIncludes(said, '"evil"');
    assert(!await ran(), "a plugin was run");
    await import(plugin); // it is there to be run
    assert(await ran());
  }));
