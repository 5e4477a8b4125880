import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runCommand } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { refused } from "../../support/refused.ts";

const plugin = (loss: string) => `
  import { z } from "zod";
  export default {
    apiVersion: 1, kind: "objective", name: "mine", summary: "A test's",
    options: z.strictObject({
      tauPlus: z.number().max(1).default(0.1).describe("a number"),
      bare: z.number().default(1),
    }),
    create: ({ tauPlus }, { tf }) => ({
      loss: ({ views: [a, b] }) => tf.tidy(() => ${loss}),
    }),
  };`;

Deno.test("plugins check prints a table, says what to do about each failure, and exits with 1", async () => {
  await inFolder(async (cwd) => {
    const loss = "tf.keep(a.sub(b)).square().mean().mul(tauPlus).asScalar()";
    await Deno.writeTextFile(`${cwd}/mine.ts`, plugin(loss));
    const check = ["plugins", "check", "./mine.ts", "--device=wasm"];
    const { code, stdout, stderr } = await runCommand(cwd, [
      ...check,
      '--options={"tau_plus": 0.5}',
    ]);
    assertEquals(code, 1, stderr);
    assertMatch(stdout, /^objective mine with tauPlus=0\.5 on wasm\n/);
    assertMatch(stdout, /^gradient +pass +[\d.e-]+ % from finite differences$/m);
    assertMatch(stdout, /^descriptions +FAIL +none of bare$/m);
    assertMatch(stdout, /^leaked tensors +FAIL +3 tensors more after 3 steps$/m);
    assertStringIncludes(stdout, "descriptions: Say what each option does by .describe(…)");
    assertMatch(stdout, /^leaked tensors: Keep state in variables/m);
    assertMatch(
      stderr,
      /^error: Cannot pass the objective mine: \d of \d+ checks failed: descriptions, leaked/m,
    );
    refused(await runCommand(cwd, [...check, "--options=0.5"]), 2, "it must be a JSON object");
    const half = await runCommand(cwd, [...check, '--options={"tau_plus" 2}']);
    refused(half, 2, "line 1, column 13: colon expected");
    refused(await runCommand(cwd, [...check, '--options={"tau_plus": 2}']), 2, "--tau_plus");
    refused(await runCommand(cwd, [...check, '--options={"tauplus": 2}']), 2, "no such option");
  });
});

Deno.test("plugins check takes the name of a built-in plugin, and refuses one there is not", async () => {
  await inFolder(async (cwd) => {
    const { code, stdout, stderr } = await runCommand(cwd, [
      "plugins",
      "check",
      "knn",
      "--device=wasm",
    ]);
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /^probe knn on wasm\n/);
    assertStringIncludes(stdout, "\n\nEvery check passes.\n");
    refused(await runCommand(cwd, ["plugins", "check", "knm"]), 2, "there is no such plugin");
    refused(await runCommand(cwd, ["plugins", "check", "./knm.ts"]), 2, "./knm.ts");
    refused(await runCommand(cwd, ["plugins", "check"]), 2, "check NAME");
  });
});
