import { assertEquals } from "@std/assert";
import { optionRows } from "../../../lib/report/configuration.ts";

Deno.test("options that are not the same in all runs differ, also where one has none", () => {
  const rows = optionRows([
    { objective: "debiased", "objective.tau_plus": 0.1, mean: [0.5], flip: true },
    { objective: "biased", mean: [0.5], flip: true, extra: "" },
  ]);
  assertEquals(rows, [
    { name: "objective", values: ["debiased", "biased"], differs: true },
    { name: "objective.tau_plus", values: ["0.1", undefined], differs: true },
    { name: "mean", values: ["0.5", "0.5"], differs: false },
    { name: "flip", values: ["true", "true"], differs: false },
    { name: "extra", values: [undefined, '""'], differs: true },
  ]);
});

Deno.test("an option of a single run never differs", () => {
  assertEquals(optionRows([{ seed: 0 }]), [{ name: "seed", values: ["0"], differs: false }]);
});
