import { averagePool } from "../../../lib/nn/pools.ts";
import { rng } from "../../../lib/random.ts";
import { checkKernel } from "../../support/check_kernel.ts";
import { testOnDevices } from "../../support/devices.ts";

/** Images and the size of the grid: whole, in equal cells, in cells that overlap, larger than they. */
const CASES: [[number, number, number, number], number][] = [
  [[1, 1, 1, 1], 1],
  [[3, 4, 4, 8], 1],
  [[2, 4, 6, 3], 2],
  [[2, 7, 5, 4], 3],
  [[2, 2, 3, 5], 4],
  [[5, 5, 3, 20], 1],
];

testOnDevices("the means of cells and their gradient are those of float64", async (device) => {
  for (const [shape, size] of CASES) {
    const random = rng(8, ...shape);
    const length = shape.reduce((a, b) => a * b);
    const values = Array.from({ length }, () => Math.fround(random.normal()));
    await checkKernel(device, {
      inputs: [{ shape, values }],
      run: (x) => averagePool(x, size),
      reference: (x) => cellMeans(x, shape, size),
      tolerance: 1e-5,
    });
  }
});

/** Written from the definition, pixel by pixel. */
function cellMeans(
  x: ArrayLike<number>,
  [batch, height, width, channels]: readonly number[],
  size: number,
): Float64Array {
  const y = new Float64Array(batch * size * size * channels);
  const inside = (pixel: number, n: number, cell: number) =>
    pixel >= Math.floor(cell * n / size) && pixel < Math.ceil((cell + 1) * n / size);
  y.forEach((_, at) => {
    const channel = at % channels, cell = Math.floor(at / channels) % size ** 2;
    const image = Math.floor(at / channels / size ** 2);
    let count = 0;
    for (let i = 0; i < height * width; i++) {
      const row = Math.floor(i / width), column = i % width;
      if (!inside(row, height, Math.floor(cell / size))) continue;
      if (!inside(column, width, cell % size)) continue;
      count++;
      y[at] += x[(image * height * width + i) * channels + channel];
    }
    y[at] /= count;
  });
  return y;
}
