/**
 * The model's state dict in what a checkpoint of PyTorch holds.
 *
 * @module
 */
import type { Fail } from "./byte_reader.ts";
import type { PickleDict, PickleValue } from "./pickle_machine.ts";
import { isTensor } from "./torch_pickle.ts";

/** Names that checkpoints commonly have for the model's state, the likeliest first. */
const USUAL = ["state_dict", "model_state_dict", "model_state", "model", "net", "network"];

/** What no model is under; a name may be long, and its beginning is looked at alone. */
const OPTIMIZER = /^\w{0,20}optim/i;

/** How deep a state dict may be in other dicts. */
const DEPTH = 3;

/**
 * The dict of names and tensors: the one under a usual name (`state_dict`, `model` …), or the only
 * one there is, as `value` itself. What is under `optimizer` is none. Where there is none, or more
 * than one and none of a usual name, that goes to `fail`.
 */
export function findStateDict(value: PickleValue, fail: Fail): PickleDict {
  const found = dictsOfTensors(value);
  const usual = USUAL.flatMap((name) => found.filter(({ key }) => key === name));
  if (usual.length > 0) return usual[0].dict;
  if (found.length === 1) return found[0].dict;
  return fail(
    "it must hold one state dict, names with tensors",
    found.length === 0
      ? "none"
      : found.slice(0, 4).map(({ key }) => key.slice(0, 40)).join(" and "),
    "Save the model's weights alone: torch.save(model.state_dict(), path).",
  );
}

/** The dicts that hold tensors, the outer ones first, with the key that each is under. */
function dictsOfTensors(value: PickleValue): { key: string; dict: PickleDict }[] {
  const found: { key: string; dict: PickleDict }[] = [];
  // The same dict in several places is one, and one that contains itself has no end of levels.
  const seen = new Set<PickleValue>();
  let level = [{ key: "the file itself", dict: value }];
  for (let depth = 0; depth <= DEPTH; depth++) {
    const deeper: typeof level = [];
    for (const { key, dict } of level) {
      if (!(dict instanceof Map) || seen.has(dict)) continue;
      seen.add(dict);
      let tensors = false;
      for (const [name, inner] of dict) {
        if (typeof name !== "string") continue;
        tensors ||= isTensor(inner);
        if (inner instanceof Map && !OPTIMIZER.test(name)) deeper.push({ key: name, dict: inner });
      }
      if (tensors) found.push({ key, dict });
    }
    level = deeper;
  }
  return found;
}
