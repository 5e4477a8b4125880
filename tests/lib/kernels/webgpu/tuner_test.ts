/** The tuner on a kernel whose candidates differ a thousandfold in their time. */
import { assertEquals, assertGreater } from "@std/assert";
import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Device } from "../../../../lib/device/device.ts";
import { rememberedWinners } from "../../../../lib/device/webgpu.ts";
import { winner } from "../../../../lib/kernels/webgpu/fastest.ts";
import { emptyTensor, runProgram, webgpuBackend } from "../../../../lib/kernels/webgpu/program.ts";
import {
  startTuning,
  stopTuning,
  type Tunable,
  tune,
  tuned,
  type TuningOptions,
} from "../../../../lib/kernels/webgpu/tuner.ts";
import { testOnWebgpu } from "../../../support/devices.ts";

interface Candidate {
  readonly rounds: number;
  readonly factor: number;
}

const SLOW = { rounds: 300_000, factor: 2 };
const FAST = { rounds: 1, factor: 2 };
const WRONG = { rounds: 0, factor: 3 };
const BROKEN = { rounds: -1, factor: 2 };

/** y = 2x, after rounds of work that no compiler can leave out. */
function scale(backend: WebGPUBackend, { rounds, factor }: Candidate, x: tf.TensorInfo) {
  const y = emptyTensor(backend, x.shape);
  runProgram(backend, {
    name: rounds < 0 ? "tuner_test_broken" : "tuner_test_scale",
    inputs: { x },
    outputs: { y },
    uniforms: { rounds: Math.max(rounds, 0), factor },
    wgsl: rounds < 0 ? "this is no WGSL" : `
      @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
        if (id.x >= arrayLength(&x)) { return; }
        var state = id.x;
        for (var i = 0u; i < u.rounds; i++) { state = state * 1664525u + 1013904223u; }
        y[id.x] = x[id.x] * f32(u.factor) + select(0.0, 1e-30, state == 12345u);
      }`,
    workgroups: [Math.ceil(x.shape[0] / 64)],
  });
  return y;
}

/** Asks for the kernel as often as said; what it was told the last time. */
function ask(
  backend: WebGPUBackend,
  candidates: readonly Candidate[],
  times = 2,
  shape = "100",
): Candidate {
  const tunable: Tunable<Candidate> = {
    kernel: "scale",
    shape,
    candidates,
    inputs: [[100]],
    run: (candidate, [x]) => scale(backend, candidate, x),
  };
  let told = candidates[0];
  for (let i = 0; i < times; i++) told = tuned(backend, tunable);
  return told;
}

/** As the device does: with what is remembered of the adapter in the folder. */
async function start(
  backend: WebGPUBackend,
  adapter: string,
  cache: string,
  options: TuningOptions = {},
): Promise<void> {
  startTuning(backend, { ...options, ...await rememberedWinners(adapter, cache) });
}

function testTuner(
  name: string,
  fn: (backend: WebGPUBackend, cache: string, device: Device) => Promise<void>,
): void {
  testOnWebgpu(name, async (device) => {
    const cache = await Deno.makeTempDir();
    const backend = webgpuBackend(device.tf.backend());
    try {
      await fn(backend, cache, device);
    } finally {
      stopTuning(backend);
      await Deno.remove(cache, { recursive: true });
    }
  });
}

testTuner("the first candidate is used until a faster one is found", async (backend, cache) => {
  await start(backend, "a", cache);
  const candidates = [SLOW, FAST];
  assertEquals(ask(backend, candidates), SLOW);
  await tune(backend);
  assertEquals(ask(backend, candidates), FAST);
});

testTuner("the first candidate is kept if it is the fastest", async (backend, cache) => {
  await start(backend, "a", cache);
  ask(backend, [FAST, SLOW]);
  await tune(backend);
  assertEquals(ask(backend, [FAST, SLOW]), FAST);
});

testTuner(
  "a candidate with another result or a shader that fails never wins",
  async (backend, cache, device) => {
    await start(backend, "a", cache);
    const candidates = [SLOW, BROKEN, WRONG];
    ask(backend, candidates);
    await tune(backend);
    device.check();
    assertEquals(ask(backend, candidates), SLOW);
  },
);

testTuner(
  "where the first candidate fails, nothing is remembered or timed again",
  async (backend, cache) => {
    const candidates = [BROKEN, SLOW, FAST];
    let timed = 0;
    await start(backend, "a", cache, { progress: () => void timed++ });
    ask(backend, candidates);
    ask(backend, [SLOW, FAST], 2, "other");
    await tune(backend);
    assertEquals(ask(backend, candidates), BROKEN);
    assertEquals(ask(backend, [SLOW, FAST], 1, "other"), FAST);
    const [winners] = Object.values<Record<string, string>>(
      JSON.parse(await Deno.readTextFile(join(cache, "kernels.json"))),
    );
    assertEquals(Object.keys(winners), ["scale other"]);
    const before = timed;
    await tune(backend);
    assertEquals(timed, before);
  },
);

testTuner("winners are saved by adapter, kernel and shape", async (backend, cache) => {
  const candidates = [SLOW, FAST];
  await start(backend, "a", cache);
  ask(backend, candidates);
  await tune(backend);
  await start(backend, "a", cache);
  assertEquals(ask(backend, candidates, 1), FAST);
  assertEquals(ask(backend, candidates, 1, "other"), SLOW);
  await start(backend, "b", cache);
  assertEquals(ask(backend, candidates, 1), SLOW);
});

testTuner(
  "a saved winner that is no longer a candidate is timed again",
  async (backend, cache) => {
    await start(backend, "a", cache);
    ask(backend, [SLOW, FAST]);
    await tune(backend);
    const other = { rounds: 2, factor: 2 };
    assertEquals(ask(backend, [SLOW, other]), SLOW);
    await tune(backend);
    assertEquals(ask(backend, [SLOW, other]), other);
  },
);

testTuner(
  "a damaged file is ignored, and a file that cannot be written is not an error",
  async (backend, cache) => {
    const candidates = [SLOW, FAST];
    await Deno.writeTextFile(join(cache, "kernels.json"), '{"half');
    await start(backend, "a", cache);
    ask(backend, candidates);
    await tune(backend);
    assertEquals(ask(backend, candidates), FAST);
    await start(backend, "a", join(cache, "kernels.json", "below a file"));
    ask(backend, candidates);
    await tune(backend);
    assertEquals(ask(backend, candidates), FAST);
  },
);

testTuner("without tuning the first candidate is used always", async (backend, cache) => {
  await start(backend, "a", cache);
  ask(backend, [SLOW, FAST]);
  await tune(backend);
  stopTuning(backend);
  ask(backend, [SLOW, FAST]);
  await tune(backend);
  assertEquals(ask(backend, [SLOW, FAST]), SLOW);
});

testTuner(
  "what was asked for once, or is beyond the budget, is not timed",
  async (backend, cache) => {
    const candidates = [SLOW, FAST];
    const timed: number[] = [];
    const progress = (done: number) => void timed.push(done);
    await start(backend, "a", cache, { progress });
    ask(backend, candidates, 1);
    await tune(backend);
    assertEquals(timed, []);
    await start(backend, "a", cache, { budget: 0 });
    ask(backend, candidates);
    await tune(backend);
    assertEquals(ask(backend, candidates), SLOW);
    await start(backend, "a", cache, { progress, signal: AbortSignal.abort() });
    ask(backend, candidates);
    await tune(backend);
    assertEquals(ask(backend, candidates), SLOW);
    assertGreater(timed.length, 0);
  },
);

testTuner("tuning leaves no data on the device", async (backend, cache) => {
  await start(backend, "a", cache);
  ask(backend, [SLOW, FAST, BROKEN, WRONG]);
  const before = backend.numDataIds();
  await tune(backend);
  assertEquals(backend.numDataIds(), before);
});

Deno.test("the first candidate gives way only to one that is 3 % faster, by the medians", () => {
  const field = (...times: number[]) => [
    { candidate: "first", times: [100, 900, 100] },
    { candidate: "other", times },
  ];
  assertEquals(winner(field(97.5, 97.5, 1), "first"), "first");
  assertEquals(winner(field(96.5, 96.5, 900), "first"), "other");
  assertEquals(winner(field(1, 100, 101), "first"), "first");
  // Once the first has dropped out, the fastest wins by any margin.
  const rest = [{ candidate: "b", times: [100] }, { candidate: "c", times: [99] }];
  assertEquals(winner(rest, "first"), "c");
});
