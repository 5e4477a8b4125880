/**
 * The guide for authors of plugins, from nothing to a package: its files are written as they stand
 * and its commands run in one shell, in order, beside a folder that has the tasks of a checkout.
 */
import { assert, assertEquals } from "@std/assert";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { hasRecords, keptIn } from "./support/command_line.ts";
import { inFolder } from "./support/folders.ts";

const REPOSITORY = fileURLToPath(new URL("../", import.meta.url));
const page = await Deno.readTextFile(`${REPOSITORY}/docs/plugins.md`);

/** What the guide shows: scripts, files whose names end the lines of their languages, and text. */
const blocks = [...page.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map(
  ([, language, rest, text]) => ({ language, name: rest.trim().split(" ").at(-1) ?? "", text }),
);

/** A block as a shell takes it. */
function scriptOf({ language, name, text }: (typeof blocks)[number]): string {
  if (language === "sh") return text;
  if (language === "text") return "";
  return `mkdir -p ${dirname(name)}\ncat > ${name} <<'END_OF_FILE'\n${text}END_OF_FILE\n`;
}

/** The tasks of the checkout, for a folder that is none. */
const tasks = Object.fromEntries(
  Object.entries(config.tasks).map(([name, { command }]) => [
    name,
    command
      .replace("--lock=", `--no-check --config=${REPOSITORY}/deno.json --lock=${REPOSITORY}/`)
      .replace("lib/cache.ts", `${REPOSITORY}/lib/cache.ts`)
      .replace(" cli.ts", ` ${REPOSITORY}/cli.ts`),
  ]),
);

Deno.test("the steps of the guide lead from an empty folder to a package", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/tauplus`);
    await Deno.writeTextFile(`${folder}/tauplus/deno.json`, JSON.stringify({ tasks }));
    const script = ["cd tauplus", ...blocks.map(scriptOf)].join("\n");
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-euo", "pipefail", "-c", script],
      cwd: folder,
      env: {
        PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
        ...keptIn(folder),
        // Without an adapter nothing is timed to choose one.
        VK_DRIVER_FILES: "/nowhere",
        VK_ICD_FILENAMES: "/nowhere",
      },
    }).output();
    const said = new TextDecoder().decode(stdout);
    assertEquals(code, 0, said + new TextDecoder().decode(stderr));
    // What the guide shows of the table is what it prints, less what was measured.
    const shown = blocks.find(({ language }) => language === "text")?.text;
    assert(shown !== undefined, "the guide shows a table");
    const checks = (text: string) => [...text.matchAll(/^(.+?) {2,}(pass|–) /gm)].map(([, c]) => c);
    const printed = said.slice(said.indexOf("objective hinge on"), said.indexOf("training  "));
    assertEquals(checks(printed), checks(shown).slice(0, -1));
    assert(await hasRecords(folder), "what the guide trains is recorded in the test's folder");
  });
});
