import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";

const MODULE = new URL("../../../lib/terminal/progress.ts", import.meta.url).href;
const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));

Deno.test("where standard error is no terminal, only the task itself is a line, at its end", async () => {
  const script = `
    const { progressBar } = await import("${MODULE}");
    const bar = progressBar();
    const step = (done) => bar.show({ task: "training", done, total: 3, unit: "steps" }, "loss " + done);
    [1, 2, 3].forEach(step);
    bar.show({ task: "features", done: 9, total: 9, unit: "images" });
    bar.end();`;
  const { stderr, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", `--config=${CONFIG}`, script],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals(text(stderr), "training   3/3 steps   loss 3\n");
  assertEquals(text(stdout), "");
});
