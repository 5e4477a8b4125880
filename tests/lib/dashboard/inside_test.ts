import { assertEquals } from "@std/assert";
import { realFileInside, realInside } from "../../../lib/dashboard/runs.ts";
import { inFolder } from "../../support/folders.ts";

Deno.test("only plain names, of what is in the folder, have a path", () =>
  inFolder(async (folder) => {
    const root = await Deno.realPath(folder);
    await Deno.mkdir(`${root}/a/b`, { recursive: true });
    await Deno.writeTextFile(`${root}/a/b/file`, "");
    assertEquals(await realInside(root, "a", "b", "file"), `${root}/a/b/file`);
    assertEquals(await realFileInside(root, "a", "b", "file"), `${root}/a/b/file`);
    // All of these would lead to it, or to what is in the folder.
    for (
      const names of [
        ["a/b/file"],
        ["a", "..", "a", "b", "file"],
        ["a", ".", "b", "file"],
        ["a", "", "b", "file"],
        ["a", "b", "file\0"],
        ["a\\b"],
        [`${root}/a`],
      ]
    ) {
      assertEquals(await realInside(root, ...names), undefined, JSON.stringify(names));
    }
  }));

Deno.test("a symlink has the path that it leads to, inside; outside and in a circle it has none", () =>
  inFolder(async (folder) => {
    const root = `${await Deno.realPath(folder)}/root`;
    await Deno.mkdir(`${root}/a`, { recursive: true });
    await Deno.mkdir(`${root}-beside`);
    await Deno.writeTextFile(`${root}-beside/file`, "");
    await Deno.symlink(`${root}/a`, `${root}/inside`);
    await Deno.symlink(`${root}-beside`, `${root}/outside`);
    await Deno.symlink(`${root}/circle`, `${root}/circle`);
    await Deno.symlink(root, `${folder}/alias`);
    assertEquals(await realInside(root, "inside"), `${root}/a`);
    assertEquals(await realInside(`${folder}/alias`, "inside"), `${root}/a`);
    for (const names of [["outside"], ["outside", "file"], ["circle"], ["nothing"]]) {
      assertEquals(await realInside(root, ...names), undefined);
    }
    assertEquals(await realFileInside(root, "a"), undefined);
    assertEquals(await realInside(`${folder}/nothing`, "a"), undefined);
  }));
