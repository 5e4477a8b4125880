import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { keptIn } from "./support/command_line.ts";
import { inFolder } from "./support/folders.ts";

const REPOSITORY = fileURLToPath(new URL("../", import.meta.url));
const readme = await Deno.readTextFile(`${REPOSITORY}/README.md`);

Deno.test("the example of the page on the library runs in another folder, in under 40 lines", async () => {
  const page = await Deno.readTextFile(`${REPOSITORY}/docs/library.md`);
  const example = /```ts library\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  assert(example.split("\n").length < 40);
  await inFolder(async (cwd) => {
    await Deno.writeTextFile(`${cwd}/example.ts`, example);
    const config = {
      imports: { "@tauplus/tauplus": "jsr:@tauplus/tauplus@^0.1.0" },
      // The package of this folder in place of the published one.
      links: [REPOSITORY],
      lock: false,
    };
    await Deno.writeTextFile(`${cwd}/deno.json`, JSON.stringify(config));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--check", "example.ts"],
      cwd,
      env: keptIn(cwd),
    }).output();
    const text = new TextDecoder().decode(stdout);
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    assertMatch(text, /^loss \d+\.\d+ gradient \[/m);
    assertMatch(text, /^step 5: loss \d+\.\d{4}$/m);
    assertMatch(text, /^linear top-1 \d+\.\d %$/m);
  });
});

Deno.test("the README begins with the two commands", () => {
  const [first] = /```sh slow\n([\s\S]*?)```/.exec(readme)?.slice(1) ?? [];
  assertMatch(first, /^npx -y deno task train --objective=debiased --tau_plus=0\.1 /m);
  assertMatch(first, /^npx -y deno task test /m);
});
