import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { DataError } from "../../../lib/errors.ts";
import type { Opaque, PickleValue } from "../../../lib/interop/pickle_machine.ts";
import { findStateDict } from "../../../lib/interop/state_dict.ts";
import type { TorchTensor } from "../../../lib/interop/torch_pickle.ts";
import { failAsData } from "../../support/fail_as_data.ts";

const tensor: TorchTensor = {
  kind: "tensor",
  storage: { kind: "storage", key: "0", dtype: "F32", length: 1 },
  shape: [1],
  strides: [1],
  offset: 0,
};
const dict = (items: Record<string, PickleValue>) =>
  new Map<PickleValue, PickleValue>(
    Object.entries(items),
  );
const weights = dict({ "conv1.weight": tensor });
const find = (value: PickleValue) => findStateDict(value, failAsData).dict;

Deno.test("a state dict is itself, and is found under any name that is the only one", () => {
  for (
    const value of [
      weights,
      dict({ weights }),
      dict({ epoch: 3, weights, list: [weights] }),
      dict({ a: dict({ b: dict({ c: weights }) }) }),
      dict({ weights, optimizer: dict({ state: dict({ m: tensor }) }) }),
      dict({ weights, the_optimizer: dict({ m: tensor }), optim: dict({ v: tensor }) }),
      dict({ weights, again: weights }),
    ]
  ) {
    assertStrictEquals(find(value), weights);
  }
});

Deno.test("a usual name goes before another one, and the likelier before the less likely", () => {
  const other = dict({ "conv1.weight": tensor });
  for (const name of ["state_dict", "model_state_dict", "model", "net"]) {
    assertStrictEquals(find(dict({ ema: other, [name]: weights })), weights);
    assertStrictEquals(find(dict({ best: tensor, [name]: weights })), weights);
  }
  assertStrictEquals(find(dict({ model: other, state_dict: weights })), weights);
  assertStrictEquals(find(dict({ model: dict({ state_dict: weights }), ema: other })), weights);
});

Deno.test("what has a residual network goes before what has none, and the trained before its copy", () => {
  const network = () => dict({ "conv1.weight": tensor, "layer1.0.conv1.weight": tensor });
  const backbone = network();
  const trunk = dict({ base_model: dict({ model: dict({ trunk: backbone, heads: weights }) }) });
  for (
    const value of [
      dict({ backbone, head: weights }),
      dict({ model: weights, backbone }),
      dict({ classy_state_dict: trunk }),
    ]
  ) {
    assertEquals(findStateDict(value, failAsData), { dict: backbone, others: [] });
  }
  const found = (value: PickleValue) => findStateDict(value, failAsData);
  assertEquals(found(dict({ teacher: network(), student: backbone })), {
    dict: backbone,
    others: ["teacher"],
  });
  assertStrictEquals(found(dict({ teacher: network(), student: backbone })).dict, backbone);
  assertStrictEquals(found(dict({ target: network(), encoder: backbone })).dict, backbone);
  const other = dict({ state_dict: network(), student: backbone });
  assertStrictEquals(found(other).dict, other.get("state_dict"), "a usual name goes before all");
  assertThrows(() => found(dict({ a: network(), b: backbone })), DataError, 'got "a and b"');
});

Deno.test("none, and several that could be meant, are DataErrors that say so", () => {
  const numbered = new Map<PickleValue, PickleValue>([[0, tensor]]);
  const deep = dict({ a: dict({ b: dict({ c: dict({ d: dict({ e: weights }) }) }) }) });
  for (const value of [null, 3, [weights], tensor, dict({}), dict({ a: 1 }), numbered, deep]) {
    assertThrows(() => find(value), DataError, 'got "none"');
  }
  const two = dict({ left: weights, right: dict({ w: tensor }) });
  assertThrows(() => find(two), DataError, 'got "left and right"');
  const object: Opaque = { kind: "opaque", name: "torchvision.models.resnet.ResNet" };
  assertThrows(() => find(object), DataError, '"an object of torchvision.models.resnet.ResNet"');
});

Deno.test("the search ends for dicts that contain themselves, and for many dicts", () => {
  const cyclic = dict({});
  for (let i = 0; i < 1000; i++) cyclic.set(`again ${i}`, cyclic);
  assertThrows(() => find(cyclic), DataError);
  cyclic.set("weights", weights);
  assertStrictEquals(find(cyclic), weights);
  let mesh = dict({ weights });
  for (let level = 0; level < 4; level++) {
    const below = mesh;
    mesh = dict(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`x${i}`, below])));
  }
  assertThrows(() => find(mesh), DataError, "none");
  assertEquals(mesh.size, 300);
});
