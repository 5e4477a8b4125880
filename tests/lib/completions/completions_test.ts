import { assertEquals } from "@std/assert";
import { runCommand } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";
import { refused } from "../../support/refused.ts";
import { offers, type Shell, testInShell } from "../../support/shells.ts";

/** Lines, and what TAB offers at their end. */
const LINES: readonly [string, string[]][] = [
  ["tauplus tr", ["train"]],
  ["tauplus train --obj", ["--objective"]],
  ["tauplus train --objective=d", ["debiased", "decoupled"]],
  ["tauplus train --objective d", ["debiased", "decoupled"]],
  // Of a plugin that is not the standard one.
  ["tauplus train --bet", ["--beta"]],
  ["tauplus train --device=w", ["wasm", "webgpu"]],
  ["tauplus train --preset=q", ["quickstart"]],
  ["tauplus train --baselines --resu", ["--resume"]],
  ["tauplus linear --run=", ["runs/first"]],
  ["tauplus knn --out=alp", ["alpha"]],
  ["tauplus knn --model_path=alp", ["alpha", "alphabet.pth"]],
  ["tauplus embed --js", ["--json"]],
  ["tauplus data ", ["fetch", "list", "verify"]],
  ["tauplus data fetch st", ["stl10"]],
  ["tauplus plugins show --json bar", ["barlow-twins"]],
  ["tauplus completions z", ["zsh"]],
  ["deno task train --obj", ["--objective"]],
  ["deno task train --objective=har", ["hard"]],
  ["deno task data fetch st", ["stl10"]],
  // Deno's own completions stay.
  ["deno upg", ["upgrade"]],
  ["deno lint --obj", []],
];

/** A shell may end a flag with =, say it before its value, and end a folder with /. */
const plain = (words: string[]) =>
  [...new Set(words.map((word) => word.replace(/^--\w+=(?=.)/, "").replace(/[=/]$/, "")))].sort();

for (const shell of ["bash", "zsh", "fish"] satisfies Shell[]) {
  await testInShell(shell, `${shell} completes commands, options, values and paths`, async () => {
    await inFolder(async (cwd) => {
      const { stdout, code } = await runCommand(cwd, ["completions", shell]);
      assertEquals(code, 0);
      await Deno.writeTextFile(`${cwd}/completions`, stdout);
      for (const folder of ["runs/first", "runs/empty", "alpha", "elsewhere"]) {
        await Deno.mkdir(`${cwd}/${folder}`, { recursive: true });
      }
      await Deno.writeTextFile(`${cwd}/runs/first/config.json`, "{}");
      await Deno.writeTextFile(`${cwd}/alphabet.pth`, "");
      await Deno.writeTextFile(`${cwd}/deno.json`, `{ "name": "@tauplus/tauplus" }`);
      await Deno.writeTextFile(`${cwd}/elsewhere/deno.json`, `{ "tasks": { "train": "true" } }`);
      const file = `${cwd}/completions`;
      const found = await offers(shell, { cwd, file, lines: LINES.map(([line]) => line) });
      assertEquals(
        Object.fromEntries(LINES.map(([line], i) => [line, plain(found[i])])),
        Object.fromEntries(LINES),
      );
      // A task of the same name in another project is none of ours.
      const lines = ["deno task train --obj"];
      assertEquals(await offers(shell, { cwd: `${cwd}/elsewhere`, file, lines }), [[]]);
    });
  });
}

Deno.test("a shell that is none is refused by name", async () => {
  await inFolder(async (cwd) => {
    refused(await runCommand(cwd, ["completions", "tcsh"]), 2, "bash, zsh, fish", '"tcsh"');
    refused(await runCommand(cwd, ["completions"]), 2, "bash, zsh, fish");
  });
});
