import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../../lib/errors.ts";
import { classificationMetrics, classNames } from "../../../lib/evaluate/metrics.ts";

Deno.test("accuracies and confusion are those of sorting every row, ties by the lower class", () => {
  const problem = fc.integer({ min: 1, max: 8 }).chain((classes) =>
    fc.array(
      fc.record({
        label: fc.integer({ min: 0, max: classes - 1 }),
        row: fc.array(fc.constantFrom(-Infinity, 0, 1, 2, 3), {
          minLength: classes,
          maxLength: classes,
        }).filter((row) => row.some((score) => score > -Infinity)),
      }),
      { minLength: 1, maxLength: 20 },
    )
  );
  fc.assert(fc.property(problem, (examples) => {
    const classes = examples[0].row.length;
    const names = Array.from({ length: classes }, (_, c) => `class ${c}`);
    const labels = Int32Array.from(examples, ({ label }) => label);
    const metrics = classificationMetrics(examples.flatMap(({ row }) => row), labels, names);

    const ranked = examples.map(({ row }) =>
      [...row.keys()].filter((c) => row[c] > -Infinity).sort((a, b) => row[b] - row[a] || a - b)
    );
    const share = (hits: boolean[]) => 100 * hits.filter(Boolean).length / hits.length;
    assertEquals(metrics.top1, share(examples.map(({ label }, i) => ranked[i][0] === label)));
    assertEquals(
      metrics.top5,
      share(examples.map(({ label }, i) => ranked[i].slice(0, 5).includes(label))),
    );
    names.forEach((name, label) => {
      const own = examples.flatMap((example, i) => example.label === label ? [ranked[i][0]] : []);
      assertEquals(metrics.perClass[name], own.length ? share(own.map((c) => c === label)) : null);
      assertEquals(
        metrics.confusion[label],
        names.map((_, predicted) => own.filter((c) => c === predicted).length),
      );
    });
  }));
});

Deno.test("scores that are NaN, and rows without a score above −∞, are refused", () => {
  const accuracy = (...scores: number[]) => () =>
    classificationMetrics(scores, Int32Array.of(1, 1), ["a", "b"]);
  assertThrows(accuracy(0, 1, 0, NaN), UsageError, "scores of example 1: they must be numbers");
  assertThrows(accuracy(NaN, 1, 0, 1), UsageError, "scores of example 0");
  assertThrows(accuracy(0, 1, -Infinity, -Infinity), UsageError, "at least one above −∞");
});

Deno.test("a class without a name has its number, and every label has a class", () => {
  assertEquals(classNames(["cat", "dog"], Int32Array.of(0), Int32Array.of(3, 1)), [
    "cat",
    "dog",
    "2",
    "3",
  ]);
});
