/**
 * Finds in each row of many values the few that may be among the k largest. It runs on the device, so
 * that not all values need to be read back. For a row s of n values:
 *
 *     M_g = max over the columns j ≡ g (mod 1024) of s_j,   t = the k-th largest M_g
 *
 * At least k columns have s_j ≥ t, so the k largest are among {j : s_j ≥ t}. If the row is in random
 * order, these are about −1024·ln(1 − k/1024), for example 223 for k = 200. The kernel returns all of
 * them, in any order, with their number. If there are more than there is room for, only the number is
 * valid.
 *
 * One pass, which reads each value twice.
 * Tests and reference: `tests/lib/evaluate/nearest_test.ts`; bench: `bench/works/knn.ts`.
 *
 * @module
 */
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { CandidateAttributes } from "../calls.ts";
import { emptyTensor, runProgram } from "./program.ts";
import { linearGrid } from "./threads.ts";

const THREADS = 64;
/** Groups of columns. */
const GROUPS = 1024;

/**
 * The kernel `TopCandidates`: values [rows, n]; returns counts int32 [rows], columns int32 [rows, room]
 * and their values [rows, room]. No value is NaN.
 */
export function topCandidates(
  backend: WebGPUBackend,
  { values }: Record<string, tf.TensorInfo>,
  { k, room }: CandidateAttributes,
): tf.TensorInfo[] {
  const [rows, n] = values.shape;
  const width = n % 4 === 0 ? 4 : 1;
  const counts = emptyTensor(backend, [rows], "int32");
  const columns = emptyTensor(backend, [rows, room], "int32");
  const found = emptyTensor(backend, [rows, room]);
  runProgram(backend, {
    name: "top_candidates",
    constants: { WIDTH: width },
    inputs: { values: { tensor: values, element: width === 4 ? "vec4f" : "f32" } },
    outputs: { counts, columns, found },
    uniforms: { rows, n, k, room },
    wgsl: shader,
    workgroups: linearGrid(backend, rows),
  });
  return [counts, columns, found];
}

/**
 * One workgroup for each row. The k-th largest maximum is found bit by bit, from the highest: the largest
 * key that at least k keys reach. A group without columns has a maximum below all others.
 */
function shader({ WIDTH }: Readonly<Record<string, number>>): string {
  // The thread's groups: of WIDTH columns side by side, then those 64·WIDTH further on, …
  const loads = Array.from({ length: GROUPS / THREADS / WIDTH }, (_, i) => `${i * THREADS}u`);
  const own = loads.flatMap((step, i) =>
    Array.from({ length: WIDTH }, (_, q) => ({
      maximum: WIDTH === 4 ? `most${i}[${q}]` : `most${i}`,
      group: `(lane + ${step}) * WIDTH + ${q}u`,
    }))
  );
  const type = WIDTH === 4 ? "vec4f" : "f32";
  const value = WIDTH === 4 ? "values[at >> 2u][at & 3u]" : "values[at]";
  return `
var<workgroup> reached: array<atomic<u32>, 32>;
var<workgroup> picked: array<u32, ${GROUPS}>;
var<workgroup> pickedCount: atomic<u32>;
var<workgroup> count: atomic<u32>;

// Whole numbers in the order of the floats; −0 and 0 are equal, so they have one key.
fn key(value: f32) -> u32 {
  let bits = bitcast<u32>(select(value, 0.0, value == 0.0));
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= u.rows) { return; }
  let begin = row * (u.n / WIDTH);
  let end = begin + u.n / WIDTH;
  ${loads.map((_, i) => `var most${i} = ${type}(bitcast<f32>(0xff7fffffu));`).join("\n  ")}
  var next = begin + lane;
  for (; next + ${GROUPS}u / WIDTH - ${THREADS}u < end; next += ${GROUPS}u / WIDTH) {
    ${loads.map((step, i) => `most${i} = max(most${i}, values[next + ${step}]);`).join("\n    ")}
  }
  ${
    loads.map((step, i) =>
      `if (next + ${step} < end) { most${i} = max(most${i}, values[next + ${step}]); }`
    ).join("\n  ")
  }
  ${own.map(({ maximum }, i) => `let key${i} = key(${maximum});`).join("\n  ")}
  var bound = 0u;
  for (var bit = 0u; bit < 32u; bit++) {
    let tried = bound | (0x80000000u >> bit);
    atomicAdd(&reached[bit], ${own.map((_, i) => `u32(key${i} >= tried)`).join(" + ")});
    workgroupBarrier();
    if (atomicLoad(&reached[bit]) >= u.k) { bound = tried; }
  }
  let least = bitcast<f32>(select(~bound, bound & 0x7fffffffu, (bound >> 31u) == 1u));
  ${
    own.map(({ group }, i) =>
      `if (key${i} >= bound) { picked[atomicAdd(&pickedCount, 1u)] = ${group}; }`
    ).join("\n  ")
  }
  workgroupBarrier();
  let groupsPicked = atomicLoad(&pickedCount);
  for (var p = lane; p < groupsPicked; p += ${THREADS}u) {
    for (var j = picked[p]; j < u.n; j += ${GROUPS}u) {
      let at = row * u.n + j;
      let value = ${value};
      if (value >= least) {
        let place = atomicAdd(&count, 1u);
        if (place < u.room) {
          columns[row * u.room + place] = i32(j);
          found[row * u.room + place] = value;
        }
      }
    }
  }
  workgroupBarrier();
  if (lane == 0u) { counts[row] = i32(atomicLoad(&count)); }
}`;
}
