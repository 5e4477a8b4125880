import { assertEquals, assertRejects } from "@std/assert";
import { DataError, UsageError } from "../../../lib/errors.ts";
import { checkOutput } from "../../../lib/interop/export_encoder.ts";
import { writeOutput } from "../../../lib/run/outputs.ts";
import { inFolder } from "../../support/folders.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a folder replaces an earlier export completely", async () => {
  await inFolder(async (cwd) => {
    const path = `${cwd}/out`;
    const first = new Map<string, string | Uint8Array>([["model.json", "{}"], [
      "group1-shard1of1.bin",
      new Uint8Array(3),
    ]]);
    assertEquals(await writeOutput(path, first), false);
    await checkOutput(path, "folder", `${cwd}/source`);
    assertEquals(await writeOutput(path, new Map([["model.json", "[]"]])), true);
    assertEquals([names(cwd), names(path)], [["out"], ["model.json"]]);
    assertEquals(await Deno.readTextFile(`${path}/model.json`), "[]");
  });
});

Deno.test("a folder that cannot be written whole leaves the earlier one", async () => {
  await inFolder(async (cwd) => {
    const path = `${cwd}/out`;
    await writeOutput(path, new Map([["model.json", "old"]]));
    const broken = new Map([["model.json", "new"], ["no/such/folder", "?"]]);
    await assertRejects(() => writeOutput(path, broken), DataError, `Cannot write ${path}`);
    assertEquals([names(cwd), names(path)], [["out"], ["model.json"]]);
    assertEquals(await Deno.readTextFile(`${path}/model.json`), "old");
  });
});

Deno.test("what is no export is not replaced, and is named", async () => {
  await inFolder(async (cwd) => {
    const refused = (path: string, kind: "file" | "folder", rule: string) =>
      assertRejects(() => checkOutput(`${cwd}/${path}`, kind, `${cwd}/source`), UsageError, rule);
    for (const name of ["source", "config.json", "checkpoint-3.safetensors", "other.onnx"]) {
      await Deno.writeTextFile(`${cwd}/${name}`, "");
    }
    await Deno.mkdir(`${cwd}/photos`);
    await Deno.writeTextFile(`${cwd}/photos/a.png`, "");
    await Deno.mkdir(`${cwd}/weights`);
    await Deno.writeTextFile(`${cwd}/weights/model.bin`, "");
    await Deno.mkdir(`${cwd}/empty`);
    await refused("source", "file", "it must not replace the weights that are read");
    await refused("config.json", "file", "no file is replaced but what this command made");
    await refused("checkpoint-3.safetensors", "file", "no file is replaced but");
    await refused("other.onnx", "file", "no file is replaced but");
    await refused("weights/model.bin", "file", `of the run ${await Deno.realPath(cwd)} no file`);
    await refused("photos", "file", 'it must be a file, got "a folder"');
    await refused("source", "folder", 'it must be a folder, got "a file"');
    await refused("photos", "folder", 'must be empty, or an earlier export, got "a.png"');
    await refused("weights", "folder", 'must be empty, or an earlier export, got "model.bin"');
    await Deno.remove(`${cwd}/checkpoint-3.safetensors`);
    await checkOutput(`${cwd}/other.onnx`, "file", `${cwd}/source`);
    await checkOutput(`${cwd}/new.onnx`, "file", `${cwd}/source`);
    await checkOutput(`${cwd}/empty`, "folder", `${cwd}/source`);
  });
});
