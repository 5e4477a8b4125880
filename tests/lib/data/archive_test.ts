import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unpack } from "../../../lib/data/archive.ts";
import { DataError } from "../../../lib/errors.ts";
import { makeArchive } from "../../support/archives.ts";
import { filesBelow, inFolder } from "../../support/folders.ts";

// Longer than the buffers of every stream on the way.
const IMAGES = Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * 31) >>> 2);
const LABELS = Uint8Array.of(1, 2, 3);
const MEMBERS = [
  { name: "toy/images.bin", bytes: IMAGES.length },
  { name: "toy/labels.bin", bytes: LABELS.length },
];

async function writeArchive(folder: string, files: Record<string, Uint8Array>): Promise<string> {
  const path = join(folder, "toy.tar.gz");
  await Deno.writeFile(path, await makeArchive(files));
  return path;
}

Deno.test("the wanted files of an archive come out as they went in, and no others", () =>
  inFolder(async (folder) => {
    const path = await writeArchive(folder, {
      "toy/readme.txt": Uint8Array.of(65),
      "toy/images.bin": IMAGES,
      "./toy/labels.bin": LABELS,
    });
    const seen: number[] = [];
    await unpack(path, folder, { members: MEMBERS, progress: (done) => seen.push(done) });
    assertEquals(await Deno.readFile(join(folder, "toy/images.bin")), IMAGES);
    assertEquals(await Deno.readFile(join(folder, "toy/labels.bin")), LABELS);
    assertEquals(await filesBelow(folder), ["toy.tar.gz", "toy/images.bin", "toy/labels.bin"]);
    assertEquals(seen.at(-1), (await Deno.stat(path)).size);
  }));

Deno.test("an archive cannot write outside of the folder", () =>
  inFolder(async (folder) => {
    const inner = join(folder, "inner");
    await Deno.mkdir(inner);
    const path = await writeArchive(inner, {
      "../escaped.bin": LABELS,
      "toy/../../escaped.bin": LABELS,
      [join(folder, "absolute.bin")]: LABELS,
      "toy/labels.bin": LABELS,
    });
    await unpack(path, inner, { members: [MEMBERS[1]] });
    assertEquals(await filesBelow(folder), ["inner/toy.tar.gz", "inner/toy/labels.bin"]);
  }));

Deno.test("a truncated archive is a DataError and leaves no half file", () =>
  inFolder(async (folder) => {
    const path = await writeArchive(folder, { "toy/images.bin": IMAGES, "toy/labels.bin": LABELS });
    const whole = await Deno.readFile(path);
    for (const share of [0.01, 0.5, 0.99]) {
      await Deno.writeFile(path, whole.subarray(0, Math.floor(share * whole.length)));
      await assertRejects(() => unpack(path, folder, { members: MEMBERS }), DataError, "unpack");
      const left = (await filesBelow(folder)).filter((name) => name.endsWith(".part"));
      assertEquals(left, []);
    }
  }));

Deno.test("a tar that ends inside a file is a DataError, though its gzip is whole", () =>
  inFolder(async (folder) => {
    const path = await writeArchive(folder, { "toy/images.bin": IMAGES });
    const tar = new Response(Deno.readFileSync(path)).body!
      .pipeThrough(new DecompressionStream("gzip"));
    const cut = new Uint8Array(await new Response(tar).arrayBuffer()).subarray(0, 100_000);
    const gzip = new Response(cut).body!.pipeThrough(new CompressionStream("gzip"));
    await Deno.writeFile(path, new Uint8Array(await new Response(gzip).arrayBuffer()));
    await assertRejects(
      () => unpack(path, folder, { members: [MEMBERS[0]] }),
      DataError,
      'toy/images.bin must have 5,000,000 bytes, got "99,488 bytes"',
    );
    assertEquals(await filesBelow(folder), ["toy.tar.gz"]);
  }));

Deno.test("a file that is no archive is a DataError", () =>
  inFolder(async (folder) => {
    const path = join(folder, "toy.tar.gz");
    await Deno.writeTextFile(path, "<html>Please log in to this network</html>");
    await assertRejects(
      () => unpack(path, folder, { members: MEMBERS }),
      DataError,
      "the archive must be whole",
    );
  }));

Deno.test("an archive without a wanted file is a DataError that names it", () =>
  inFolder(async (folder) => {
    const path = await writeArchive(folder, { "toy/labels.bin": LABELS });
    await assertRejects(
      () => unpack(path, folder, { members: MEMBERS }),
      DataError,
      "it must hold toy/images.bin",
    );
  }));

Deno.test("a wanted file of another size is a DataError that names both sizes", () =>
  inFolder(async (folder) => {
    const path = await writeArchive(folder, { "toy/labels.bin": LABELS.subarray(1) });
    await assertRejects(
      () => unpack(path, folder, { members: MEMBERS }),
      DataError,
      'toy/labels.bin must have 3 bytes, got "2 bytes"',
    );
  }));

Deno.test({
  name: "a disk that fills up while unpacking is a DataError and leaves nothing",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const path = await writeArchive(folder, { "toy/images.bin": IMAGES });
      // A limit on the size of files stands in for the end of the disk; 256 blocks of 512 bytes.
      const code = `
        import { unpack } from ${
        JSON.stringify(import.meta.resolve("../../../lib/data/archive.ts"))
      };
        const members = [{ name: "toy/images.bin", bytes: ${IMAGES.length} }];
        await unpack(${JSON.stringify(path)}, ${JSON.stringify(folder)}, { members })
          .catch((error) => console.log(error.name, error.message));`;
      const { stdout } = await new Deno.Command("sh", {
        args: [
          "-c",
          `trap '' XFSZ; ulimit -f 256; exec "$0" eval --config "$1" "$2"`,
          Deno.execPath(),
          fileURLToPath(import.meta.resolve("../../../deno.json")),
          code,
        ],
        stderr: "inherit",
      }).output();
      const said = new TextDecoder().decode(stdout);
      assert(said.startsWith(`DataError Cannot unpack ${path}: the disk of ${folder}`), said);
      assertEquals(await filesBelow(folder), ["toy.tar.gz"]);
    }),
});

Deno.test("an archive larger than the free room is refused before a byte is written", () =>
  inFolder(async (folder) => {
    const path = await writeArchive(folder, { "toy/labels.bin": LABELS });
    const members = [{ name: "toy/labels.bin", bytes: 2 ** 52 }];
    await assertRejects(() => unpack(path, folder, { members }), DataError, "bytes free, got");
  }));

Deno.test("an interrupted unpacking leaves no half file and throws the reason", () =>
  inFolder(async (folder) => {
    const path = await writeArchive(folder, { "toy/images.bin": IMAGES });
    const interrupt = new AbortController();
    const progress = () => interrupt.abort(new Error("interrupted by the test"));
    await assertRejects(
      () => unpack(path, folder, { members: [MEMBERS[0]], progress, signal: interrupt.signal }),
      Error,
      "interrupted by the test",
    );
    assertEquals(await filesBelow(folder), ["toy.tar.gz"]);
  }));
