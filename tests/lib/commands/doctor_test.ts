/** The doctor as a command: what it prints, and its exit codes. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../support/command_line.ts";
import { inFolder } from "../../support/folders.ts";

/** So that the loader of Vulkan finds no driver. */
const NO_ADAPTER = { VK_DRIVER_FILES: "/nonexistent", VK_ICD_FILENAMES: "/nonexistent" };

Deno.test("without an adapter the doctor checks wasm, says what to do, and is content", () =>
  inFolder(async (folder) => {
    const { code, stdout } = await runCommand(folder, ["doctor", "--quick"], NO_ADAPTER);
    assertEquals(code, 0, stdout);
    assertStringIncludes(stdout, "WebGPU adapters\n  ! none\n");
    if (Deno.build.os === "linux") assertStringIncludes(stdout, "Vulkan drivers: none");
    assertStringIncludes(stdout, "17 kernels on wasm");
    assertStringIncludes(stdout, "! There is no WebGPU adapter");
    assert(stdout.trimEnd().split("\n").at(-1)?.startsWith("✓ This machine is fit"));
    assert(!stdout.includes("✗"));
    const wide = stdout.split("\n").filter((line) => line.length > 80);
    assertEquals(wide, [], "lines that are too wide");
  }));

Deno.test("a device that was named and is missing is an error", () =>
  inFolder(async (folder) => {
    const args = ["doctor", "--quick", "--device=webgpu", "--json"];
    const { code, stdout } = await runCommand(folder, args, NO_ADAPTER);
    assertEquals(code, 1);
    const { ok, devices, findings: [{ level, what }] } = JSON.parse(stdout);
    assertEquals([ok, devices, level], [false, [], "error"]);
    assertStringIncludes(what, "Cannot open the webgpu device");
  }));

Deno.test("a wrong kernel and a broken cache are found, and the exit code is 1", () =>
  inFolder(async (folder) => {
    const lib = (path: string) => fileURLToPath(new URL(`../../../lib/${path}`, import.meta.url));
    // A plugin that spoils the device it finds: sums that are not written.
    await Deno.writeTextFile(
      `${folder}/spoil.ts`,
      `import { openDevice } from ${JSON.stringify(lib("device/device.ts"))};
      import { replaceKernel } from ${JSON.stringify(lib("kernels/wasm/register.ts"))};
      import { defineObjective, z } from ${JSON.stringify(lib("../mod.ts"))};
      await openDevice("wasm");
      replaceKernel("Sum", (heap, { x }) => {
        const zeros = heap.output(x.shape.slice(1));
        heap.fill(zeros, 0);
        return zeros;
      });
      export default defineObjective({
        name: "spoiler",
        summary: "none",
        options: z.strictObject({}),
        create: () => ({ loss: ({ views: [a] }) => a.sum().asScalar() }),
      });`,
    );
    await Deno.writeTextFile(`${folder}/file`, "");
    const { code, stdout, stderr } = await runCommand(
      folder,
      ["doctor", "--device=wasm", "--plugin=./spoil.ts", `--out=${folder}/runs`],
      { TAUPLUS_CACHE: `${folder}/file/cache` },
    );
    assertEquals(code, 1, stdout + stderr);
    assertStringIncludes(stdout, "✗ matrix products and sums");
    assertStringIncludes(stdout, "✗ wasm: sums and means over the leading axes");
    assertStringIncludes(stdout, "✗ wasm computes wrong");
    assertStringIncludes(stdout, "✗ cache");
    assert(!stdout.includes("speed"), "what computes wrong is not timed");
    assert(stdout.trimEnd().split("\n").at(-1)?.startsWith("✗ "));
    assertStringIncludes(stderr, "2 things are off");
  }));
