import { assertEquals, assertThrows } from "@std/assert";
import { normalizedBy } from "../../../lib/data/normalization.ts";
import { UsageError } from "../../../lib/errors.ts";
import type { Dataset } from "../../../lib/plugin.ts";

class Own implements Dataset {
  #made = 7;
  readonly classes = [];
  readonly shape = [2, 2, 3];
  readonly mean = [0.1, 0.2, 0.3];
  readonly std = [1, 1, 1];
  readonly splits = {};
  views(): Uint8Array[] {
    return [Uint8Array.of(this.#made)];
  }
}

Deno.test("what is set replaces the dataset's own, the rest stays", () => {
  const dataset = new Own();
  assertEquals(normalizedBy(dataset, { mean: [], std: [] }), dataset);
  const other = normalizedBy(dataset, { mean: [0.5], std: [] });
  assertEquals([other.mean, other.std, other.shape], [[0.5], [1, 1, 1], [2, 2, 3]]);
});

Deno.test("methods are still those of the dataset's class", () => {
  const { views } = normalizedBy(new Own(), { mean: [], std: [2] });
  assertEquals(views?.([], () => fail()), [Uint8Array.of(7)]);
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
