import { assertEquals } from "@std/assert";
import { join, sep } from "node:path";
import type { Diagnosis } from "../../../lib/doctor/diagnose.ts";
import { diagnosisText } from "../../../lib/doctor/diagnosis_text.ts";

const check = { group: "convolutions", name: "convolution", kernels: ["Conv2D"], tolerance: 1e-5 };
const speed = {
  product: 1.25e12,
  training: 4e11,
  memory: 3e11,
  readback: 0.002,
  quickstartImages: 20_000,
  quickstart: 12,
  paper: 400_000,
};

const diagnosis: Diagnosis = {
  ok: false,
  system: {
    versions: { tauplus: "1.0.0", deno: "2.9.6", tfjs: "4.22.0", v8: "15.0", typescript: "6.0.3" },
    os: "linux 6.1.0, x86_64",
    processor: "a processor",
    cores: 1,
    memory: { total: 16e9, available: 8e9 },
  },
  adapters: [],
  devices: [
    {
      name: "webgpu",
      description: "a GPU",
      kernels: [{ ...check, ok: true, error: 3e-7 }],
      speed,
    },
    {
      name: "wasm",
      description: "WebAssembly",
      kernels: [{ ...check, ok: false, error: 0.5 }, {
        ...check,
        group: "copies",
        name: "slices",
        ok: false,
        error: null,
        problem: "out of memory",
      }],
      speed: null,
    },
  ],
  folders: [
    { name: "cache", path: "/cache", free: 12.5e9, problem: null },
    { name: "runs", path: join(Deno.cwd(), "runs"), free: null, problem: null },
  ],
  datasets: [{ name: "cifar10", state: "missing", verified: false, bytes: 170e6, wrong: [] }],
  findings: [{
    level: "error",
    about: "wasm",
    what: "wasm computes wrong: convolution; slices.",
    next: ["Update Deno, which is a step that is long enough to need a second line of its own."],
  }],
};

Deno.test("a page says how each part is, what is wrong, and what to do", () => {
  assertEquals(
    diagnosisText(diagnosis),
    `machine
  ✓ tauplus 1.0.0, Deno 2.9.6, TensorFlow.js 4.22.0
    V8 15.0, TypeScript 6.0.3
  ✓ linux 6.1.0, x86_64; a processor, 1 core
  ✓ 8.0 GB of 16.0 GB of memory is available

WebGPU adapters
  ✓ none

kernels: the largest error, as a share of the largest value
                      webgpu        wasm
  ✗ convolutions      3.0e-7      5.0e-1
  ✗ copies                 –      failed
    1 check of 1 kernel on webgpu, 2 checks of 1 kernel on wasm
  ✗ wasm: convolution: 5.0e-1, at most 1e-5 is right
  ✗ wasm: slices: out of memory

speed, untuned
                                       webgpu
    matrix product, 1024³        1250 GFLOP/s
    training step of a ResNet     400 GFLOP/s
    pass over memory                 300 GB/s
    to the device and back            2.00 ms
    quickstart, measured       20000 images/s
    quickstart, a guess                  12 s
    the paper's run, a guess           5 days
    The paper's run, --preset=dcl-stl10, is ResNet-50 on 105,000 images for 400
    epochs, guessed in float32 by its FLOPs at the speed of the step above.

files
  ✓ cache    /cache, 12.5 GB free
  ✓ runs     .${sep}runs
  ✓ cifar10  not here; 0.2 GB when it is fetched

✗ wasm computes wrong: convolution; slices.
  – Update Deno, which is a step that is long enough to need a second line of
    its own.
✗ Something is off; see above what to do.`,
  );
});
