import { assertEquals, assertThrows } from "@std/assert";
import { command as train } from "../../lib/commands/train.ts";
import { type Layer, resolveConfig } from "../../lib/config.ts";
import { UsageError } from "../../lib/errors.ts";
import { fitToData } from "../../lib/fit_to_data.ts";
import type { Dataset } from "../../lib/plugin.ts";
import { loadRegistry } from "../../lib/registry.ts";

const registry = await loadRegistry();

/** `length` examples to train on, the first `labeled` of which have a class. */
function dataset(length: number, labeled: number): Dataset {
  const labels = Int32Array.from({ length }, (_, i) => i < labeled ? i % 2 : -1);
  const train = { length, labels, read: () => new Uint8Array() };
  const shape = [1, 1, 1];
  return { classes: ["a", "b"], shape, mean: [0], std: [1], splits: { train, test: train } };
}

const given = (values: Record<string, unknown>): Layer => ({
  source: "the command line",
  values: { dataset: "synthetic", probe: "knn", ...values },
  text: false,
});

async function fitted(
  values: Record<string, unknown>,
  data: Dataset,
  options: { evaluated?: boolean; resumed?: boolean; implied?: true } = {},
) {
  const { evaluated = true, resumed, implied } = options;
  const layers = [{ ...given(values), ...(implied && { implied }) }];
  const config = await resolveConfig(train.spec, layers, registry);
  const said: string[] = [];
  const notify = (sentence: string) => void said.push(sentence);
  const { options: own, roles, flat } = fitToData(config, data, { evaluated, resumed, notify });
  const k = Number(roles.probe?.options.k);
  assertEquals([flat.batch_size, flat["probe.k"]], [own.batchSize, k]);
  return { batchSize: own.batchSize, k: own.k, probeK: k, said };
}

Deno.test("defaults that are too large for the data are lowered, with a notice", async () => {
  const { said, ...found } = await fitted({}, dataset(50, 40));
  assertEquals(found, { batchSize: 50, k: 40, probeK: 40 });
  assertEquals(said.length, 3);
  assertEquals(said[0], "--batch_size is 50, not 256: there are no more examples to train on");
  assertEquals((await fitted({}, dataset(999, 999))).said, []);
  // What nobody named is lowered as well, as the unnamed quickstart's.
  assertEquals(
    (await fitted({ batch_size: 64 }, dataset(50, 50), { implied: true })).batchSize,
    50,
  );
});

Deno.test("a value that the user gave is refused if it is too large", async () => {
  for (const values of [{ batch_size: 51 }, { k: 41 }, { "probe.k": 41 }]) {
    const error = await fitted(values, dataset(50, 40)).catch((error) => error);
    assertEquals(error instanceof UsageError, true, JSON.stringify(values));
  }
  assertEquals((await fitted({ batch_size: 50, k: 40 }, dataset(50, 40))).batchSize, 50);
});

Deno.test("labels bound nothing where nothing is evaluated, nor a batch that was begun with", async () => {
  assertEquals((await fitted({ k: 41 }, dataset(50, 40), { evaluated: false })).k, 41);
  const resumed = await fitted({ batch_size: 64 }, dataset(50, 40), { resumed: true });
  assertEquals(resumed.batchSize, 64);
});

Deno.test("a dataset of one example is refused", async () => {
  const config = await resolveConfig(train.spec, [given({})], registry);
  const fit = () => fitToData(config, dataset(1, 1), { evaluated: false, notify() {} });
  assertThrows(fit, UsageError, "two examples");
});
