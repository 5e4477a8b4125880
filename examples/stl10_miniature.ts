/**
 * Writes files as STL-10's, with a few hundred images that are drawn here, to try the paper's preset
 * without the download of 2.6 GB:
 *
 *     deno run -A examples/stl10_miniature.ts data
 *     deno task train --preset=dcl-stl10 --data_dir=data --max_steps=2
 *
 * The images are waves whose class sets direction and color, so that there is something to learn.
 */
import { join } from "node:path";

/** How many images each file has: enough for the preset's batch and neighbors. */
const LENGTHS = { train: 256, test: 64, unlabeled: 256 };

const SIDE = 96, PIXELS = SIDE * SIDE, CLASSES = 10;

/** Writes `stl10_binary` into a folder, where `--data_dir` finds it. */
export async function writeMiniature(folder: string, lengths = LENGTHS): Promise<void> {
  const path = join(folder, "stl10_binary");
  await Deno.mkdir(path, { recursive: true });
  let image = 0;
  for (const [name, length] of Object.entries(lengths)) {
    const pixels = new Uint8Array(length * 3 * PIXELS);
    // STL-10's classes are counted from 1.
    const labels = Uint8Array.from({ length }, (_, i) => 1 + (image + i) % CLASSES);
    for (let i = 0; i < length; i++) draw(image++, pixels.subarray(i * 3 * PIXELS));
    await Deno.writeFile(join(path, `${name}_X.bin`), pixels);
    if (name !== "unlabeled") await Deno.writeFile(join(path, `${name}_y.bin`), labels);
  }
}

/** Red, then green, then blue, each column by column, as STL-10 has them. */
function draw(image: number, pixels: Uint8Array): void {
  const angle = Math.PI * (image % CLASSES) / CLASSES;
  const [right, down] = [Math.cos(angle) / 4, Math.sin(angle) / 4];
  for (let channel = 0, to = 0; channel < 3; channel++) {
    for (let x = 0; x < SIDE; x++) {
      for (let y = 0; y < SIDE; y++) {
        const wave = Math.sin(right * x + down * y + angle + channel * image);
        pixels[to++] = 128 + 100 * wave + (image * 7919 + x * 31 + y * 17) % 27;
      }
    }
  }
}

if (import.meta.main) await writeMiniature(Deno.args[0] ?? "data");
