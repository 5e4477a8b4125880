import { assertThrows } from "@std/assert";
import { PluginError } from "../../../lib/errors.ts";
import { checkMetrics } from "../../../lib/evaluate/evaluate.ts";
import { guard } from "../../../lib/guard.ts";
import type { Metrics } from "../../../lib/plugin.ts";

const good = { top1: 0, top5: 100 };
const mine = guard({ kind: "probe", name: "mine" }, { evaluate: () => Promise.resolve(good) });

Deno.test("percentages and JSON values pass", () => {
  checkMetrics(good, mine);
  checkMetrics({ ...good, matrix: [[1, 2], []], note: "a", none: null, per: { cat: 1.5 } }, mine);
});

Deno.test("anything else is a PluginError with the probe's name and the value", () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  const cases: [Metrics, string][] = [
    [{ ...good, top1: NaN }, "top1 must be a number from 0 to 100, got NaN"],
    [{ ...good, top1: 100.5 }, "top1 must be a number from 0 to 100, got 100.5"],
    [{ ...good, top5: -1 }, "top5 must be a number from 0 to 100, got -1"],
    [JSON.parse('{"top1": "90", "top5": 99}'), 'top1 must be a number from 0 to 100, got "90"'],
    [JSON.parse('{"top1": 90}'), "top5 must be a number from 0 to 100, got undefined"],
    [JSON.parse("null"), "a probe returns an object with top1 and top5, got null"],
    [JSON.parse("[90, 99]"), "a probe returns an object with top1 and top5, got 90,99"],
    [{ ...good, loss: Infinity }, "loss must be a JSON value, without NaN, got Infinity"],
    [{ ...good, deep: { list: [NaN] } }, "deep must be a JSON value"],
    [{ ...good, rows: new Float32Array(2) }, "rows must be a JSON value"],
    [{ ...good, later: undefined }, "later must be a JSON value"],
    [{ ...good, self: loop }, "self must be a JSON value"],
  ];
  for (const [metrics, rule] of cases) {
    assertThrows(() => checkMetrics(metrics, mine), PluginError, rule);
    assertThrows(() => checkMetrics(metrics, mine), PluginError, "Correct the probe mine");
  }
});
