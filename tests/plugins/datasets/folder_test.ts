import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { dirname } from "node:path";
import sharp, { type Sharp } from "sharp";
import { DataError, UsageError } from "../../../lib/errors.ts";
import type { Dataset } from "../../../lib/plugin.ts";
import { changedData, dataIdentity } from "../../../lib/train/data_identity.ts";
import folder from "../../../plugins/datasets/folder.ts";

/** A temporary folder of files: text, bytes, or the colour of a 6×4 PNG. */
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

async function open(path: string, options: { testShare?: number } = {}): Promise<Dataset> {
  return await folder.create(
    folder.options.parse({ path, imageSize: 2, ...options }),
    { seed: 0, cache: "unused", progress: () => {}, signal: new AbortController().signal },
  );
}

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

for (const part of ["test", "val"]) {
  Deno.test(`train and ${part} are the splits where they exist`, async () => {
    const files = { "train/a/1.png": RED, "train/b/2.png": RED, [`${part}/b/3.png`]: BLUE };
    await withFolder(files, async (path) => {
      const { classes, splits } = await open(path);
      assertEquals(classes, ["a", "b"]);
      assertEquals(splits.train.labels, Int32Array.of(0, 1));
      assertEquals(splits.test.labels, Int32Array.of(1));
      assertEquals(Array.from((await splits.test.read([0])).subarray(0, 3)), BLUE);
    });
  });
}

Deno.test("flat train and test parts have no labels", async () => {
  await withFolder({ "train/1.png": RED, "test/2.png": BLUE }, async (path) => {
    const { classes, splits: { train, test } } = await open(path);
    assertEquals([classes, train.labels, test.labels], [[], undefined, undefined]);
    assertEquals([train.length, test.length], [1, 1]);
  });
});

Deno.test("files that are no images and hidden entries are passed over", async () => {
  const files = { "a/1.png": RED, "a/notes.txt": "x", "a/.2.png": "x", ".git/3.png": "x" };
  await withFolder({ ...files, "README.md": "x" }, async (path) => {
    const { classes, splits } = await open(path);
    assertEquals([classes, splits.train.length], [["a"], 1]);
  });
});

Deno.test("links are followed, but not in circles", async () => {
  await withFolder({ "a/1.png": RED }, async (path) => {
    await Deno.symlink("..", `${path}/a/up`);
    await Deno.symlink(".", `${path}/a/here`);
    await Deno.symlink("1.png", `${path}/a/2.png`);
    await Deno.symlink(`${path}/a`, `${path}/b`);
    const { classes, splits } = await open(path, { testShare: 0 });
    assertEquals(classes, ["a", "b"]);
    assertEquals(splits.train.labels, Int32Array.of(0, 0, 1, 1));
  });
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
    [{ "a/notes.txt": "x" }, ["must hold images", ".jpg"]],
    [{ "a/1.png": RED, "b/notes.txt": "x" }, ["every class must have images", "none in b"]],
    [{ "a/1.png": RED, "2.png": RED }, ["not both", "2.png"]],
    [{ "a/1.png": RED, "a/2.bmp": "x" }, ["a/2.bmp", "Convert"]],
    [{ "train/a/1.png": RED }, ["train alone"]],
    [{ "train/a/1.png": RED, "test/b/1.png": RED }, ["among those of train", "b"]],
    [{ "train/a/1.png": RED, "test/1.png": RED }, ["no classes in it"]],
    [{ "train/1.png": RED, "val/a/1.png": RED }, ["classes in it alone"]],
  ];
  for (const [files, words] of layouts) {
    await withFolder(files, (path) => assertBroken(path, path, ...words));
  }
});

Deno.test("a file in place of the folder is a DataError", async () => {
  await withFolder({ "1.png": RED }, (path) => assertBroken(`${path}/1.png`, "must be a folder"));
});

Deno.test("an unreadable image is a DataError that names its file", async () => {
  for (const content of ["", "no image"]) {
    const files = { "a/0.png": RED, "a/1.jpg": content, "a/2.png": RED, "a/3.png": RED };
    await withFolder(files, (path) => assertBroken(path, "a/1.jpg", "whole image", "Replace"));
  }
  await withFolder({}, async (path) => {
    await Deno.symlink("nowhere", `${path}/gone.png`);
    await assertBroken(path, "gone.png");
  });
});

Deno.test("the folder dataset is normalised by ImageNet's mean and standard deviation", async () => {
  await withFolder({ "1.png": RED }, async (path) => {
    const { mean, std } = await open(path);
    assertAlmostEquals(mean[0] + mean[1] + mean[2], 1.347);
    assertAlmostEquals(std[0] + std[1] + std[2], 0.678);
  });
});

Deno.test("a folder is the same wherever it lies, and another one with other files", async () => {
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
