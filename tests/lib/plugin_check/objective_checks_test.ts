import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { openDevice } from "../../../lib/device/device.ts";
import { defineObjective, type Objective, type Tf } from "../../../lib/plugin.ts";
import { failuresOf, reportOf } from "../../support/check_report.ts";

const device = await openDevice("wasm");

const temperature = z.number().positive().default(0.5).describe("divides every similarity");

/** An objective `mine`; `make` gives it, or what differs from a mean squared distance. */
function mine(make: (tf: Tf, options: { temperature: number }) => Partial<Objective>) {
  return defineObjective({
    name: "mine",
    summary: "A test's",
    options: z.strictObject({ temperature }),
    create: (options, { tf }) => ({
      loss: ({ views: [a, b] }) => tf.tidy(() => a.sub(b).square().mean().asScalar()),
      ...make(tf, options),
    }),
  });
}

async function failures(make: Parameters<typeof mine>[0]): Promise<Record<string, string>> {
  return failuresOf(await reportOf(device, mine(make)));
}

Deno.test("an objective without faults passes, and what it does not claim is information", async () => {
  const report = await reportOf(device, mine(() => ({})));
  assertEquals(failuresOf(report), {});
  assertEquals(report.passed, true);
  const of = (check: string) => report.rows.find((row) => row.check === check);
  assertEquals(of("order of the batch")?.verdict, "info");
  assertEquals(of("diagnostics")?.found, "none");
  assertMatch(of("speed, 2 × 256 × 128")!.found, /^\d+\.\d ms, debiased \d+\.\d ms, biased \d/);
  assertMatch(of("training")!.found, /^3 steps, loss /);
  assertEquals(JSON.parse(JSON.stringify(report)), report);
});

Deno.test("a gradient that is not the derivative fails, by a factor or by a view", async () => {
  const wrong = (scales: readonly number[]) => (tf: Tf): Partial<Objective> => {
    const distance = tf.customGrad((a, b, save) => {
      if (typeof a === "function" || typeof b === "function" || typeof save !== "function") {
        throw new TypeError("customGrad gives two tensors and a function");
      }
      const apart = a.sub(b);
      save([apart]);
      return {
        value: apart.square().mean(),
        gradFunc: (dy: tf.Tensor, [apart]: tf.Tensor[]) => {
          const grad = apart.mul(2 / apart.size).mul(dy);
          return [grad.mul(scales[0]), grad.mul(-scales[1])];
        },
      };
    });
    return { loss: ({ views: [a, b] }) => distance(a, b).asScalar() };
  };
  assertEquals(await failures(wrong([1, 1])), {});
  for (const scales of [[1.05, 1.05], [1, 0], [-1, -1]]) {
    const found = await failures(wrong(scales));
    assertEquals(Object.keys(found), ["gradient"]);
    assertMatch(found.gradient, /^\d+(\.\d+)? % from finite differences$/);
  }
});

Deno.test("a gradient that misses a variable of its own fails, and a right one passes", async () => {
  const scaled = (reached: boolean) => (tf: Tf): Partial<Objective> => {
    const scale = tf.variable(tf.scalar(2), true);
    const loss: Objective["loss"] = ({ views: [a, b] }) =>
      tf.tidy(() => a.mul(reached ? scale : 2).sub(b).square().mean().asScalar());
    return { variables: [scale], loss };
  };
  assertEquals(await failures(scaled(true)), {});
  const found = await failures(scaled(false));
  assertStringIncludes(found.gradient, "variable");
});

Deno.test("a tensor kept per step fails, in the loss and after the step", async () => {
  const loss = await failures((tf) => ({
    loss: ({ views: [a, b] }) => tf.keep(a.sub(b).square()).mean().asScalar(),
  }));
  assertEquals(loss["leaked tensors"], "3 tensors more after 3 steps");
  const after = await failures(() => ({ afterStep: ({ views }) => void views[0].clone() }));
  assertEquals(after["leaked tensors"], "3 tensors more after 3 steps");
});

Deno.test("an overflow at temperature 0.01 fails, and at no other", async () => {
  const found = await failures((tf, { temperature }) => ({
    loss: ({ views: [a, b] }) =>
      tf.tidy(() => {
        const e = tf.matMul(a, b, false, true).div(temperature).exp();
        return e.sum(1).log().sub(a.mul(b).sum(1).div(temperature)).mean().asScalar();
      }),
  }));
  assertEquals(found, { "low temperature": "loss or gradient is not finite at 0.01" });
});

Deno.test("a division by 0 where views are identical fails", async () => {
  const found = await failures((tf) => ({
    loss: ({ views: [a, b] }) => tf.tidy(() => a.sub(b).norm("euclidean", 1).mean().asScalar()),
  }));
  assertEquals(Object.keys(found), ["equal and opposite rows", "low temperature"]);
});

Deno.test("a loss that only claims a symmetry fails", async () => {
  const weights = Array.from({ length: 256 }, (_, i) => i / 256);
  const found = await failures((tf) => ({
    symmetry: ["batch", "views"],
    loss: ({ views: [a, b] }) =>
      tf.tidy(() => {
        const row = tf.tensor1d(weights.slice(0, a.shape[0]));
        return a.mul(2).sub(b).square().square().sum(1).mul(row).mean().asScalar();
      }),
  }));
  assertEquals(Object.keys(found), ["order of the batch", "order of the views"]);
  assertStringIncludes(found["order of the views"], "it is claimed, and the loss differs by ");
});

Deno.test("a loss that draws random numbers fails", async () => {
  const found = await failures((tf) => ({
    loss: ({ views: [a, b] }) =>
      tf.tidy(() => a.sub(b).square().mean().mul(tf.randomUniform([], 0.5, 1)).asScalar()),
  }));
  assertStringIncludes(found["same loss twice"], " on the same embeddings");
});

Deno.test("diagnostics that are no scalars, or not finite, fail", async () => {
  const vector = await failures(() => ({
    diagnostics: ({ views }) => ({ mean: views[0].mean(1) as tf.Tensor as tf.Scalar }),
  }));
  assertStringIncludes(vector.diagnostics, "its diagnostic mean must be a scalar tensor");
  const nan = await failures((tf) => ({ diagnostics: () => ({ ratio: tf.scalar(NaN) }) }));
  assertEquals(nan.diagnostics, "ratio is NaN");
});

Deno.test("options without descriptions or with defaults they refuse fail", async () => {
  const report = await reportOf(
    device,
    defineObjective({
      name: "mine",
      summary: "",
      options: z.strictObject({
        margin: z.number().max(1).default(2).describe("too large"),
        power: z.number().default(1),
      }),
      create: (_, { tf }) => ({
        loss: ({ views: [a, b] }) => tf.tidy(() => a.sub(b).square().mean().asScalar()),
      }),
    }),
  );
  const found = failuresOf(report);
  assertEquals(found.summary, "it is empty");
  assertMatch(found.defaults, /^the default of margin is refused: /);
  assertEquals(found.descriptions, "none of power");
});

Deno.test("an objective that cannot be made has one row for it, and none after", async () => {
  const { rows } = await reportOf(
    device,
    mine(() => {
      throw new Error("boom");
    }),
  );
  assertEquals(rows.at(-1)?.check, "create");
  assertStringIncludes(rows.at(-1)!.found, "boom");
});
