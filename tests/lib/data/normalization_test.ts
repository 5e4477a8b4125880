import { assertEquals, assertThrows } from "@std/assert";
import { normalizedBy } from "../../../lib/data/normalization.ts";
import { UsageError } from "../../../lib/errors.ts";
import { guard, nameOf } from "../../../lib/guard.ts";
import type { Dataset } from "../../../lib/plugin.ts";
import type { Rng } from "../../../lib/random.ts";

class Own implements Dataset {
  #made = 7;
  readonly classes = [];
  readonly shape = [2, 2, 3];
  readonly mean = [0.1, 0.2, 0.3];
  readonly std = [1, 1, 1];
  readonly splits = {};
  views(_indices: ArrayLike<number>, _random: (row: number) => Rng): Uint8Array[] {
    return [Uint8Array.of(this.#made)];
  }
}

Deno.test("what is set replaces the dataset's own, the rest stays", () => {
  const dataset = new Own();
  assertEquals(normalizedBy(dataset, { mean: [], std: [] }), dataset);
  const other = normalizedBy(dataset, { mean: [0.5], std: [] });
  assertEquals([other.mean, other.std, other.shape], [[0.5], [1, 1, 1], [2, 2, 3]]);
});

Deno.test("what create made of a class has its name, its methods and their state still", () => {
  const dataset = guard({ kind: "dataset", name: "own" }, new Own());
  const other = normalizedBy(dataset, { mean: [], std: [2] });
  assertEquals(other.views?.([], () => fail()), [Uint8Array.of(7)]);
  assertEquals([other.std, nameOf(other)], [[2], "own"]);
});

Deno.test("as many numbers as channels, or one", () => {
  assertThrows(
    () => normalizedBy(new Own(), { mean: [1, 2], std: [] }),
    UsageError,
    "or 3, one per",
  );
});

function fail(): never {
  throw new Error("not called");
}
