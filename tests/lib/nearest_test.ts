import { assertEquals } from "@std/assert";
import { didYouMean, nearest } from "../../lib/names.ts";

const OPTIONS = ["k", "epochs", "learning_rate", "weight_decay", "tau_plus", "batch_size", "seeds"];

for (
  const [name, found] of [
    ["epcohs", "epochs"],
    ["Epochs", "epochs"],
    ["seed", "seeds"],
    ["tau", "tau_plus"],
    ["tau-plus", "tau_plus"],
    ["lr", "learning_rate"],
    ["wd", "weight_decay"],
    ["sedes", "seeds"],
    ["momentum", undefined],
    ["x", undefined],
    ["", undefined],
  ] as const
) {
  Deno.test(`near to the option "${name}" is ${found}`, () => {
    assertEquals(nearest(name, OPTIONS), found);
  });
}

Deno.test("a suggestion is made only for a similar name", () => {
  assertEquals(nearest("dcl", ["biased", "debiased", "hard", "oracle", "decoupled"]), undefined);
  assertEquals(nearest("search", ["train", "sweep", "linear", "report"]), undefined);
  assertEquals(nearest("trian", ["train", "sweep", "linear", "report"]), "train");
  assertEquals(nearest("lr", ["k", "t"]), undefined);
  // Of six letters two may be wrong and no more; of five, one.
  assertEquals(nearest("lineal", ["liners"]), "liners");
  assertEquals(nearest("sweats", ["sweepy"]), undefined);
  assertEquals(nearest("swxxp", ["sweep"]), undefined);
  assertEquals(nearest("hrd", []), undefined);
  assertEquals(didYouMean("hrd", ["hard"], (near) => `--${near}`), "Did you mean --hard? ");
  assertEquals(didYouMean("dcl", ["hard"]), "");
});
