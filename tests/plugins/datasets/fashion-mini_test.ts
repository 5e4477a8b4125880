import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { channelStatistics } from "../../../lib/data/normalization.ts";
import { readIdx } from "../../../lib/data/idx.ts";
import type { Dataset } from "../../../lib/plugin.ts";
import fashionMini from "../../../plugins/datasets/fashion-mini.ts";
import { DEBIAN_FOLDER, makeFashionMini } from "../../../plugins/datasets/fashion-mini/make.ts";

const FOLDER = new URL("../../../plugins/datasets/fashion-mini/", import.meta.url);

async function open(): Promise<Dataset> {
  return await fashionMini.create({}, {
    seed: 0,
    cache: "unused",
    progress: () => {},
    signal: new AbortController().signal,
  });
}

Deno.test("fashion-mini has 7,500 training and 2,000 test images of 28×28×1", async () => {
  const { splits, shape, classes } = await open();
  assertEquals(shape, [28, 28, 1]);
  assertEquals(classes.length, 10);
  assertEquals([splits.train.length, splits.test.length], [7500, 2000]);
});

Deno.test("fashion-mini has as many images of each class, in any ten rows too", async () => {
  for (const { length, labels } of Object.values((await open()).splits)) {
    const counts = new Array(10).fill(0);
    labels!.forEach((label) => counts[label]++);
    assertEquals(counts, new Array(10).fill(length / 10));
    assertEquals(new Set(labels!.subarray(0, 10)).size, 10);
  }
});

Deno.test("fashion-mini reads the images asked for, in that order, repeats included", async () => {
  const { train } = (await open()).splits;
  const one = await train.read([7]);
  const batch = await train.read([3, 7, 7]);
  assertEquals(one.length, 784);
  assertEquals(batch.length, 3 * 784);
  assertEquals(batch.slice(784, 2 * 784), one);
  assertEquals(batch.slice(2 * 784), one);
  assert(batch.slice(0, 784).some((byte, i) => byte !== one[i]));
});

Deno.test("fashion-mini's mean and standard deviation are those of its training images", async () => {
  const { splits: { train }, mean, std } = await open();
  const whole = await channelStatistics(train, 1);
  assertAlmostEquals(mean[0], whole.mean[0], 5e-5);
  assertAlmostEquals(std[0], whole.std[0], 5e-5);
});

Deno.test("fashion-mini's folder has its license and at most 4 MiB", async () => {
  let bytes = 0;
  for await (const entry of Deno.readDir(FOLDER)) {
    bytes += (await Deno.stat(new URL(entry.name, FOLDER))).size;
  }
  assert(bytes <= 4 * 2 ** 20, `${bytes} bytes`);
  const license = await Deno.readTextFile(new URL("LICENSE", FOLDER));
  assert(license.includes("MIT License") && license.includes("Zalando SE"));
});

const hasSource = await Deno.stat(DEBIAN_FOLDER).then(() => true, () => false);
const reason = hasSource ? "" : " (ignored: Debian's dataset-fashion-mnist is not installed)";
Deno.test({
  name: `fashion-mini's files are what its script makes of Fashion-MNIST${reason}`,
  ignore: !hasSource,
  fn: async () => {
    for (const [name, made] of Object.entries(await makeFashionMini(DEBIAN_FOLDER))) {
      const kept = await readIdx(new URL(name, FOLDER));
      assertEquals(kept.shape, made.shape, name);
      assert(kept.data.every((byte, i) => byte === made.data[i]), name);
    }
  },
});

Deno.test("fashion-mini loads when the package is imported over HTTP", async () => {
  const root = new URL("../../../", import.meta.url);
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const type = pathname.endsWith(".ts") ? "application/typescript" : "application/octet-stream";
      const body = await Deno.readFile(new URL(`.${pathname}`, root));
      return new Response(body, { headers: { "content-type": type } });
    },
  );
  const host = `127.0.0.1:${server.addr.port}`;
  const script = `
    import plugin from "http://${host}/plugins/datasets/fashion-mini.ts";
    const { splits } = await plugin.create({}, {});
    console.log(splits.train.length, (await splits.test.read([0])).length);`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--no-lock", "--reload=http://" + host],
      ...["--config", new URL("deno.json", root).pathname],
      ...[
        `--allow-import=${host}`,
        `--allow-net=${host}`,
        `data:text/javascript,${encodeURIComponent(script)}`,
      ],
    ],
  }).output();
  await server.shutdown();
  assertEquals(new TextDecoder().decode(stdout), "7500 784\n", new TextDecoder().decode(stderr));
});
