import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import type { z } from "zod";
import { DataError, UsageError } from "../../../lib/errors.ts";
import type { Dataset } from "../../../lib/plugin.ts";
import { changedData, dataIdentity } from "../../../lib/train/data_identity.ts";
import folder from "../../../plugins/datasets/folder.ts";

/** A temporary folder of files: text, bytes, or the color of a 6×4 PNG. */
async function withFolder(
  files: Record<string, string | Uint8Array | [number, number, number]>,
  fn: (path: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      await Deno.mkdir(dirname(`${root}/${name}`), { recursive: true });
      const bytes = typeof content === "string"
        ? new TextEncoder().encode(content)
        : Array.isArray(content)
        ? await plain(content).png().toBuffer()
        : content;
      await Deno.writeFile(`${root}/${name}`, bytes);
    }
    await fn(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function plain([r, g, b]: [number, number, number]): Sharp {
  return sharp({ create: { width: 6, height: 4, channels: 3, background: { r, g, b } } });
}

const ENV = {
  seed: 0,
  cache: "unused",
  progress: () => {},
  signal: new AbortController().signal,
};

async function open(
  path: string,
  options: Partial<z.output<typeof folder.options>> = {},
): Promise<Dataset> {
  return await folder.create(folder.options.parse({ path, imageSize: 2, ...options }), ENV);
}

/** What the dataset says of how it was read. */
const notesOf = ({ notes = [] }: Dataset) => notes.join("\n");

async function assertBroken(path: string, ...words: string[]): Promise<void> {
  const error = await assertRejects(async () => {
    const { splits: { train } } = await open(path);
    await train.read(Array.from({ length: train.length }, (_, i) => i));
  }, DataError);
  for (const word of words) assert(error.message.includes(word), `${error.message} lacks ${word}`);
}

const RED: [number, number, number] = [250, 10, 20];
const BLUE: [number, number, number] = [10, 20, 250];
const many = (prefix: string, n: number) =>
  Object.fromEntries(Array.from({ length: n }, (_, i) => [`${prefix}${i}.png`, RED]));

Deno.test("sub-folders are classes, sorted, and their images are searched to any depth", async () => {
  await withFolder({ "b/x.png": BLUE, "a/deep/er/y.PNG": RED, "a/z.png": RED }, async (path) => {
    const { classes, shape, splits: { train, test } } = await open(path, { testShare: 0 });
    assertEquals(classes, ["a", "b"]);
    assertEquals(shape, [2, 2, 3]);
    assertEquals(test, undefined);
    assertEquals(train.labels, Int32Array.of(0, 0, 1));
    const pixels = await train.read([2, 0, 2]);
    assertEquals(Array.from(pixels.subarray(0, 6)), [...BLUE, ...BLUE]);
    assertEquals(Array.from(pixels.subarray(12, 18)), [...RED, ...RED]);
    assertEquals(Array.from(pixels.subarray(24, 27)), BLUE);
    await assertRejects(async () => await train.read([3]), RangeError, "no example 3 among 3");
  });
});

Deno.test("a flat folder is one split without labels", async () => {
  await withFolder({ "1.png": RED, "2.png": BLUE }, async (path) => {
    const { classes, splits } = await open(`${path}/`);
    assertEquals(classes, []);
    assertEquals(Object.keys(splits), ["train"]);
    assertEquals([splits.train.length, splits.train.labels], [2, undefined]);
    assertEquals(Array.from((await splits.train.read([1])).subarray(0, 3)), BLUE);
  });
});

Deno.test("a share of each class is held out, the same wherever the folder lies", async () => {
  const chosen: string[] = [];
  for (let run = 0; run < 2; run++) {
    const files = { ...many("a/", 20), ...many("b/", 8), "c/only.png": BLUE };
    await withFolder(files, async (path) => {
      const { splits: { train, test } } = await open(path, { testShare: 0.25 });
      assertEquals(Array.from(test.labels!), [0, 0, 0, 0, 0, 1, 1]);
      assertEquals(train.length + test.length, 29);
      assertEquals(train.labels!.filter((label) => label === 2).length, 1);
      // Which files are held out shows when they are gone.
      await Deno.remove(path, { recursive: true });
      for (let i = 0; i < test.length; i++) {
        const error = await assertRejects(async () => await test.read([i]), DataError);
        chosen.push(error.message.slice("Cannot read ".length + path.length).split(":")[0]);
      }
      await Deno.mkdir(path);
    });
  }
  assertEquals(chosen.slice(0, 7), chosen.slice(7));
});

Deno.test("of the smallest classes one image is held out, and one is left to train on", async () => {
  const files = { ...many("a/", 12), ...many("b/", 3), ...many("c/", 2) };
  for (const [testShare, held] of [[0.1, [1, 1, 1]], [0.9, [11, 2, 1]]] as const) {
    await withFolder(files, async (path) => {
      const { splits: { test } } = await open(path, { testShare });
      const counts = [0, 1, 2].map((c) => test.labels!.filter((label) => label === c).length);
      assertEquals(counts, [...held]);
    });
  }
});

Deno.test("train and a held-out part are the splits, as people call them", async () => {
  const pairs = ["train test", "train val", "train valid", "training validation", "Train Test"];
  for (const [train, part] of [...pairs, "TRAINING testing"].map((pair) => pair.split(" "))) {
    const files = {
      [`${train}/a/1.png`]: RED,
      [`${train}/b/2.png`]: RED,
      [`${part}/b/3.png`]: BLUE,
      "extra/4.png": RED,
    };
    await withFolder(files, async (path) => {
      const dataset = await open(path);
      const { classes, splits } = dataset;
      assertEquals([classes, Object.keys(splits)], [["a", "b"], ["train", "test"]]);
      assertEquals(splits.train.labels, Int32Array.of(0, 1));
      assertEquals(splits.test.labels, Int32Array.of(1));
      assertEquals(Array.from((await splits.test.read([0])).subarray(0, 3)), BLUE);
      assertStringIncludes(notesOf(dataset), "folders beside the splits: 1 (extra)");
    });
  }
});

Deno.test("splits are found below the one folder that an archive was unpacked with", async () => {
  const files = { "d/train/a/1.png": RED, "d/train/b/2.png": RED, "d/valid/b/3.png": BLUE };
  await withFolder({ ...files, "d/extra/4.png": RED, "read me.txt": RED }, async (path) => {
    const dataset = await open(path);
    const { classes, splits: { train, test } } = dataset;
    assertEquals([classes, train.length, test.length], [["a", "b"], 2, 1]);
    assertEquals(Array.from((await test.read([0])).subarray(0, 3)), BLUE);
    assertEquals(test.names, ["d/valid/b/3.png"]);
    assertStringIncludes(notesOf(dataset), "folders beside the splits: 1 (d/extra)");
  });
});

Deno.test("with three parts, test is the test split and the validation part is a split of its own", async () => {
  const files = { "train/a/1.png": RED, "train/b/1.png": RED };
  const others = { "test/a/1.png": BLUE, "valid/b/1.png": RED, "valid/b/2.png": RED };
  await withFolder({ ...files, ...others }, async (path) => {
    const dataset = await open(path);
    const { splits: { train, test, validation } } = dataset;
    assertEquals([train.length, test.length, validation.length], [2, 1, 2]);
    assertEquals(validation.labels, Int32Array.of(1, 1));
    assertStringIncludes(notesOf(dataset), "test is the split test");
  });
});

Deno.test("a folder named as a split, without the other splits, is a class, with a notice", async () => {
  await withFolder({ ...many("car/", 4), ...many("train/", 4) }, async (path) => {
    const dataset = await open(path);
    assertEquals(dataset.classes, ["car", "train"]);
    assertStringIncludes(notesOf(dataset), "train is taken for a class");
  });
});

Deno.test("one class, or folders by date, are no classes unless they are asked for", async () => {
  const unlabeled = async (files: Record<string, [number, number, number]>, note: string) => {
    await withFolder(files, async (path) => {
      const dataset = await open(path);
      assertEquals([dataset.classes, Object.keys(dataset.splits)], [[], ["train"]]);
      assertEquals([dataset.splits.train.labels, dataset.splits.train.length], [undefined, 8]);
      assertStringIncludes(notesOf(dataset), note);
    });
  };
  await unlabeled(many("images/", 8), "one sub-folder, images: one class is none");
  await unlabeled({ ...many("2022/12/", 4), ...many("2023/05/", 4) }, "are dates (2022");
  await unlabeled({ ...many("2023-05 Rome/", 4), ...many("20230601/", 4) }, "are dates");
  await withFolder({ ...many("2022/", 4), ...many("2023/", 4) }, async (path) => {
    assertEquals((await open(path, { labels: "folder" })).classes, ["2022", "2023"]);
  });
  await withFolder({ ...many("2022/", 4), ...many("cats/", 4) }, async (path) => {
    assertEquals((await open(path)).classes, ["2022", "cats"]);
  });
  await withFolder(many("images/", 2), async (path) => {
    const error = await assertRejects(() => open(path, { labels: "folder" }), DataError);
    assertStringIncludes(error.message, "at least two classes");
  });
  // As some exports have it: labels in files of their own beside the images.
  const parts = { "train/images/1.png": RED, "test/images/1.png": BLUE, "train/labels/1.txt": "x" };
  await withFolder(parts, async (path) => {
    const { classes, splits: { train, test } } = await open(path);
    assertEquals([classes, train.labels, train.length, test.length], [[], undefined, 1, 1]);
  });
});

Deno.test("without labels, images are read wherever they lie", async () => {
  const files = { "1.png": RED, "Family/2.png": RED, "Family/2023/3.png": RED, "Rome/4.png": BLUE };
  await withFolder(files, async (path) => {
    const { classes, splits } = await open(path, { labels: "none" });
    assertEquals([classes, Object.keys(splits)], [[], ["train"]]);
    assertEquals([splits.train.length, splits.train.labels], [4, undefined]);
  });
});

Deno.test("folders within classes are said not to be told apart", async () => {
  await withFolder({ "Family/Rome/1.png": RED, "Work/2.png": RED }, async (path) => {
    assertStringIncludes(
      notesOf(await open(path)),
      "that of Family/Rome/1.png, are not told apart",
    );
  });
});

Deno.test("flat train and test parts have no labels", async () => {
  await withFolder({ "train/1.png": RED, "test/2.png": BLUE }, async (path) => {
    const { classes, splits: { train, test } } = await open(path);
    assertEquals([classes, train.labels, test.labels], [[], undefined, undefined]);
    assertEquals([train.length, test.length], [1, 1]);
  });
});

Deno.test("what is no image is passed over, and counted; hidden entries are not", async () => {
  const files = { "a/1.png": RED, "a/notes.txt": "x", "a/.2.png": "x", ".git/3.png": "x" };
  await withFolder({ ...files, "b/1.png": RED, "c/x.md": "x", "README": "x" }, async (path) => {
    const dataset = await open(path, { testShare: 0 });
    assertEquals([dataset.classes, dataset.splits.train.length], [["a", "b"], 2]);
    const notes = notesOf(dataset);
    assertStringIncludes(notes, "not images: 3 (README, a/notes.txt, c/x.md)");
    assertStringIncludes(notes, "folders without images: 1 (c)");
    assert(!notes.includes(".git"), notes);
  });
});

Deno.test("an image is known by its content: any extension, upper case, or none", async () => {
  const bytes = async (format: "jpeg" | "png" | "webp" | "gif" | "tiff" | "avif") =>
    await plain(RED).toFormat(format).toBuffer();
  const files = {
    "1.jfif": await bytes("jpeg"),
    "2.jpe": await bytes("jpeg"),
    "3.JPG": await bytes("jpeg"),
    "4": await bytes("png"),
    "5.heif": await bytes("avif"),
    "6.bin": await bytes("webp"),
    "7.jpg": await bytes("gif"),
    "8.TIFF": await bytes("tiff"),
  };
  await withFolder(files, async (path) => {
    const dataset = await open(path);
    const { splits: { train } } = dataset;
    assertEquals([train.length, notesOf(dataset)], [8, ""]);
    const pixels = await train.read([0, 1, 2, 3, 4, 5, 6, 7]);
    pixels.forEach((value, i) => assertAlmostEquals(value, RED[i % 3], 12));
  });
});

Deno.test("images of kinds that are not read are counted by kind, with what to do", async () => {
  const iso = (brand: string) => `\0\0\0\x18ftyp${brand}\0\0\0\0`;
  const files = {
    "a/1.heic": iso("heic"),
    "a/2.HEIC": iso("mif1"),
    "a/3.jxl": "x",
    "a/4.bmp": "x",
  };
  const named = { "b/5.png": BLUE, "a/6.png": RED, "a/7.dng": "II*\0x", "a/8": "P6\n2 2\n255\nx" };
  await withFolder({ ...files, ...named, "a/9.mp4": iso("isom") }, async (path) => {
    const dataset = await open(path, { testShare: 0 });
    assertEquals(dataset.splits.train.length, 2);
    const notes = notesOf(dataset);
    assertStringIncludes(notes, "HEIC: 2 (a/1.heic, a/2.HEIC). Convert them to PNG");
    for (
      const kind of ["JPEG XL: 1", "BMP: 1 (a/4.bmp)", "camera raw: 1 (a/7.dng)", "PNM: 1 (a/8)"]
    ) {
      assertStringIncludes(notes, kind);
    }
    assertStringIncludes(notes, "not images: 1 (a/9.mp4)");
  });
  await withFolder({ "1.heic": iso("heic"), "2.heic": iso("heic") }, async (path) => {
    await assertBroken(path, "2 HEIC", "magick");
  });
});

Deno.test("links are followed, each real folder once", async () => {
  await withFolder({ "a/1.png": RED, "b/2.png": RED }, async (path) => {
    await Deno.symlink("..", `${path}/a/up`);
    await Deno.symlink(".", `${path}/a/here`);
    await Deno.symlink("1.png", `${path}/a/2.png`);
    // Before it in the order of names, and yet it is the other that has a name of its own.
    await Deno.symlink(`${path}/b`, `${path}/a-link-to-b`);
    const dataset = await open(path, { testShare: 0 });
    assertEquals(dataset.classes, ["a", "b"]);
    assertEquals(dataset.splits.train.labels, Int32Array.of(0, 0, 1));
    assertStringIncludes(notesOf(dataset), "links to folders that are read already: 3 (");
  });
  // What lies elsewhere is read under the link's name.
  await withFolder(
    { "all/a/1.png": RED, "all/b/2.png": RED, "some/c/3.png": RED },
    async (path) => {
      await Deno.symlink("../all/b", `${path}/some/b`);
      assertEquals((await open(`${path}/some`)).classes, ["b", "c"]);
    },
  );
});

Deno.test("thousands of paths to one folder are read once", async () => {
  // Two links at each of 13 levels: 8192 ways to the last.
  const levels = Array.from({ length: 13 }, (_, level) => `level${level}`);
  await withFolder({ "level13/1.png": RED, "other/2.png": RED }, async (path) => {
    for (const [i, level] of levels.entries()) {
      await Deno.mkdir(`${path}/${level}`);
      for (const way of ["x", "y"]) {
        await Deno.symlink(`../level${i + 1}`, `${path}/${level}/${way}`);
      }
    }
    const dataset = await open(path);
    assertEquals(dataset.classes, ["level13", "other"]);
    assertStringIncludes(notesOf(dataset), "read already: 26 (");
  });
});

Deno.test({
  name: "what is no regular file is passed over, as a pipe that would hang",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await withFolder({ "1.png": RED, "2.png": RED }, async (path) => {
      await new Deno.Command("mkfifo", { args: [`${path}/3.png`] }).output();
      await Deno.symlink("/dev/zero", `${path}/4.png`);
      const dataset = await open(path);
      assertEquals(dataset.splits.train.length, 2);
      assertStringIncludes(notesOf(dataset), "neither files nor folders: 2 (3.png, 4.png)");
    });
  },
});

Deno.test("an image read twice gives the same pixels without its file", async () => {
  await withFolder({ "1.png": RED }, async (path) => {
    const { splits: { train } } = await open(path);
    const first = await train.read([0]);
    await Deno.remove(`${path}/1.png`);
    assertEquals(await train.read([0]), first);
  });
});

Deno.test("the folder dataset asks for its path", async () => {
  const error = await assertRejects(() => open(""), UsageError);
  assert(error.message.includes("--path=DIR"), error.message);
  assert(!folder.options.safeParse({ path: "x", imageSize: 0 }).success);
  assert(!folder.options.safeParse({ path: "x", imageSize: 9.5 }).success);
  assert(!folder.options.safeParse({ path: "x", testShare: 1 }).success);
});

Deno.test("a folder that cannot give a dataset is a DataError that says why", async () => {
  await assertBroken("no/such/folder", "no/such/folder", "must be a folder");
  const layouts: [Record<string, string | [number, number, number]>, string[]][] = [
    [{}, ["must hold images", "none"]],
    [{ "a/notes.txt": "x" }, ["must hold images", "JPEG"]],
    [{ "a/1.png": RED, "2.png": RED }, ["not both", "2.png", "--labels=none"]],
    [{ "train/a/1.png": RED, "Train/a/1.png": RED, "val/1.png": RED }, ["Train and train"]],
    [{ "test/a/1.png": RED, "valid/a/1.png": RED }, ["train beside them"]],
    [{ "train/a/1.png": RED }, ["train alone"]],
    [{ "train/a/1.png": RED, "test/b/1.png": RED }, ["among those of train", "b"]],
    [{ "train/a/1.png": RED, "train/b/1.png": RED, "test/1.png": RED }, ["no classes in it"]],
    [{ "train/1.png": RED, "val/a/1.png": RED }, ["classes in it alone"]],
  ];
  for (const [files, words] of layouts) {
    await withFolder(files, (path) => assertBroken(path, path, ...words));
  }
});

Deno.test("a file in place of the folder is a DataError", async () => {
  await withFolder({ "1.png": RED }, (path) => assertBroken(`${path}/1.png`, "must be a folder"));
});

/** A class of whole images, and damaged ones: 3 that their header or end shows, 1 that does not. */
async function damaged(): Promise<Record<string, string | Uint8Array>> {
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919 * (i >> 5)) & 255);
  const png = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } }).png().toBuffer();
  const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } }).jpeg()
    .toBuffer();
  const inside = png.map((byte, i) => i > 2000 && i < 2010 ? 255 - byte : byte);
  return {
    "train/a/0.png": png,
    "train/a/1.png": "no image",
    "train/a/2.jpg": jpeg.subarray(0, -500),
    "train/b/0.png": png,
    "train/b/1.png": inside,
    "test/a/0.jpg": Uint8Array.of(...jpeg, 0, 0),
    "test/b/0.png": png.subarray(0, 60),
  };
}

Deno.test("damaged images are found before any is used, in all splits at once", async () => {
  await withFolder(await damaged(), async (path) => {
    const { message } = await assertRejects(() => open(path), DataError);
    assertStringIncludes(message, `image folder ${path}: every image must be readable, and 3 of 7`);
    for (const name of ["train/a/1.png", "train/a/2.jpg", "test/b/0.png", "--on_error=skip"]) {
      assertStringIncludes(message, name);
    }
  });
});

Deno.test("damaged images are left out where that is asked for, whole images alone being used", async () => {
  await withFolder(await damaged(), async (path) => {
    const dataset = await open(path, { onError: "skip" });
    const { classes, splits: { train, test } } = dataset;
    assertEquals([classes, train.length, test.length], [["a", "b"], 2, 1]);
    assertEquals([train.labels, test.labels], [Int32Array.of(0, 1), Int32Array.of(0)]);
    assertStringIncludes(notesOf(dataset), "Left out, as unreadable: 4: ");
    await train.read([0, 1]);
    await test.read([0]);
  });
});

Deno.test("verifying reads every image whole and lists what is damaged", async () => {
  await withFolder(await damaged(), async (path) => {
    const found = await folder.verify!(folder.options.parse({ path, imageSize: 2 }), ENV);
    assertEquals(found.checked, 7);
    assertEquals(found.problems.map((problem) => problem.path.slice(path.length + 1)).sort(), [
      "test/b/0.png",
      "train/a/1.png",
      "train/a/2.jpg",
      "train/b/1.png",
    ]);
    assert(found.problems.every(({ problem }) => problem !== "" && !problem.includes("\n")));
  });
});

Deno.test("an image that can no longer be read is a DataError that names it", async () => {
  await withFolder({ "1.png": RED, "2.png": RED }, async (path) => {
    const { splits: { train } } = await open(path);
    await Deno.writeTextFile(`${path}/2.png`, "x");
    const error = await assertRejects(async () => await train.read([1]), DataError);
    assertStringIncludes(error.message, "2.png: it must be a whole image");
  });
});

Deno.test("what cannot be opened, is empty or has too many pixels is refused by name", async () => {
  const chunk = (type: string, data: number[]) => {
    const body = Uint8Array.of(...new TextEncoder().encode(type), ...data);
    const framed = new DataView(new ArrayBuffer(body.length + 8));
    framed.setUint32(0, data.length);
    new Uint8Array(framed.buffer).set(body, 4);
    framed.setUint32(body.length + 4, crc32(body));
    return new Uint8Array(framed.buffer);
  };
  const side = [0, 0, 20_000 >> 8, 20_000 & 255];
  const huge = Uint8Array.of(
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk("IHDR", [...side, ...side, 8, 2, 0, 0, 0]),
    ...chunk("IDAT", [0x78, 0x9c, 1, 0, 0]),
    ...chunk("IEND", []),
  );
  const files = { "1.png": RED, "2.JPE": "", "3.png": huge };
  await withFolder(files, async (path) => {
    await Deno.symlink("nowhere", `${path}/4.png`);
    await assertBroken(
      path,
      "3 of 4",
      "2.JPE (it is empty)",
      "3.png (",
      "pixel limit",
      "4.png (No",
    );
  });
});

/** A gray TIFF of 8×8 32-bit floats or 16-bit whole numbers, rising evenly from `low` to `high`. */
function ramp(low: number, high: number, type: "float" | "ushort" = "float"): Uint8Array {
  const [bytes, pixels] = type === "float" ? [4, 256] : [2, 128];
  const file = new DataView(new ArrayBuffer(pixels + 8 + 2 + 9 * 12 + 4));
  const tags = [
    [256, 8],
    [257, 8],
    [258, bytes * 8],
    [259, 1],
    [262, 1],
    [273, 8],
    [278, 8],
    [279, pixels],
    [339, type === "float" ? 3 : 1],
  ];
  file.setUint32(0, 0x49492a00);
  file.setUint32(4, 8 + pixels, true);
  for (let i = 0; i < 64; i++) {
    const value = low + (high - low) * (i % 8) / 7;
    if (type === "float") file.setFloat32(8 + 4 * i, value, true);
    else file.setUint16(8 + 2 * i, value, true);
  }
  file.setUint16(8 + pixels, tags.length, true);
  tags.forEach(([tag, value], i) => {
    const at = 10 + pixels + 12 * i;
    file.setUint16(at, tag, true);
    file.setUint16(at + 2, 4, true);
    file.setUint32(at + 4, 1, true);
    file.setUint32(at + 8, value, true);
  });
  return new Uint8Array(file.buffer);
}

/** The red values of the first row of a folder's first image, 8 pixels wide. */
async function firstRow(image: Uint8Array, maxValue = 0): Promise<number[]> {
  let row: number[] = [];
  await withFolder({ "1.tif": image, "2.png": RED }, async (path) => {
    const { splits: { train } } = await open(path, { imageSize: 8, maxValue });
    row = Array.from((await train.read([0])).subarray(0, 24)).filter((_, i) => i % 3 === 0);
  });
  return row;
}

Deno.test("images of more than 8 bits are scaled, never black", async () => {
  const rising = [0, 36, 73, 109, 146, 182, 219, 255];
  const near = (row: number[]) =>
    row.forEach((value, i) => assertAlmostEquals(value, rising[i], 1));
  near(await firstRow(ramp(0, 1)));
  near(await firstRow(ramp(0, 3000), 3000));
  near(await firstRow(ramp(0, 0.1), 0.1));
  near(await firstRow(ramp(0, 65535, "ushort")));
  near(await firstRow(ramp(0, 4095, "ushort"), 4095));
});

Deno.test("values that would be cut off, or near black, are refused with what to do", async () => {
  const cases: [Uint8Array, number, string[]][] = [
    [ramp(0, 3000), 0, ["1.tif", "0 to 3000", "--max_value=3000"]],
    [ramp(0, 1.5), 0, ["0 to 1.5, not 0 to 1", "--max_value=1.5"]],
    [ramp(-1, 1), 0, ["from -1 to 1", "shift"]],
    [ramp(0, NaN), 0, ["not finite"]],
    [ramp(0, 4095, "ushort"), 0, ["near black", "--max_value=4095"]],
    [ramp(0, 0.03125), 0, ["near black", "of 1", "--max_value=0.03125"]],
    [ramp(0, 4095, "ushort"), 1023, ["0 to 4095, not 0 to 1023"]],
  ];
  for (const [image, maxValue, words] of cases) {
    const { message } = await assertRejects(() => firstRow(image, maxValue), DataError);
    for (const word of words) assertStringIncludes(message, word);
  }
});

Deno.test("the folder dataset is normalized by ImageNet's mean and standard deviation", async () => {
  await withFolder({ "1.png": RED }, async (path) => {
    const { mean, std } = await open(path);
    assertAlmostEquals(mean[0] + mean[1] + mean[2], 1.347);
    assertAlmostEquals(std[0] + std[1] + std[2], 0.678);
  });
});

Deno.test("moving a folder does not change its identity, and other files do", async () => {
  const files = { ...many("a/", 4), ...many("b/", 4) };
  const identity = async (path: string) => await dataIdentity(await open(path));
  await withFolder(files, async (path) => {
    const before = await identity(path);
    await withFolder(files, async (moved) => {
      assertEquals(changedData(before, await identity(`${moved}/`)), undefined);
      await Deno.rename(`${moved}/a/1.png`, `${moved}/a/1b.png`);
      assertEquals(
        changedData(before, await identity(moved)),
        "as many examples in train, but other names",
      );
    });
    const { splits: { train } } = await open(path, { testShare: 0 });
    assertEquals(train.names?.slice(3, 5), ["a/3.png", "b/0.png"]);
    await Deno.writeFile(`${path}/b/0.png`, await plain(BLUE).resize(60).png().toBuffer());
    assertEquals(
      changedData(before, await identity(path))?.replace("test", "train"),
      "as many examples in train, but other contents",
    );
    await Deno.copyFile(`${path}/b/0.png`, `${path}/b/9.png`);
    assertEquals(changedData(before, await identity(path)), "7 examples in train in place of 6");
  });
});
