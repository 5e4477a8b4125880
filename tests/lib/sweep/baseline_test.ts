import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../lib/errors.ts";
import type { Arm } from "../../../lib/sweep/arms.ts";
import { chooseBaseline } from "../../../lib/sweep/plan.ts";

const arm = (treatment: string, setting = ""): Arm => ({
  treatment,
  setting,
  label: setting ? `${treatment} ${setting}` : treatment,
  layers: [],
});

Deno.test("the first objective is the baseline, within each setting", () => {
  const arms = [
    arm("biased", "batch_size=64"),
    arm("biased", "batch_size=256"),
    arm("debiased", "batch_size=64"),
    arm("debiased", "batch_size=256"),
    arm("oracle", "batch_size=512"),
  ];
  const { name, of } = chooseBaseline(arms);
  assertEquals(name, "biased");
  assertEquals([...of.values()], [
    "biased batch_size=64",
    "biased batch_size=256",
    "biased batch_size=64",
    "biased batch_size=256",
    null,
  ]);
  assertEquals(chooseBaseline(arms, "debiased").of.get("biased batch_size=64"), arms[2].label);
});

Deno.test("a whole label is the baseline of all, as is the first arm of a single objective", () => {
  const arms = [arm("debiased", "epochs=1"), arm("debiased", "epochs=2")];
  assertEquals([...chooseBaseline(arms).of.values()], ["debiased epochs=1", "debiased epochs=1"]);
  const { of } = chooseBaseline(arms, "debiased epochs=2");
  assertEquals([...of.values()], ["debiased epochs=2", "debiased epochs=2"]);
});

Deno.test("a baseline that is not an arm is refused, and the arms are listed", () => {
  const arms = [arm("biased"), arm("debiased tau_plus=0.1")];
  assertThrows(
    () => chooseBaseline(arms, "debiased"),
    UsageError,
    'it must be one of "biased", "debiased tau_plus=0.1", got "debiased"',
  );
});
