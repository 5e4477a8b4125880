/**
 * The model's state dict in what a checkpoint of PyTorch holds.
 *
 * @module
 */
import type { Fail } from "./byte_reader.ts";
import { isOpaque, type PickleDict, type PickleValue } from "./pickle_machine.ts";
import { hasResidualNetwork, roleOf } from "./torch_naming.ts";
import { isTensor } from "./torch_pickle.ts";

/** Names that checkpoints commonly have for the model's state, the likeliest first. */
const USUAL = ["state_dict", "model_state_dict", "model_state", "model", "net", "network"];

/** What no model is under; a name may be long, and its beginning is looked at alone. */
const OPTIMIZER = /^\w{0,20}optim/i;

/** How deep a state dict may be in other dicts: VISSL's trunk is in four. */
const DEPTH = 4;

/** The model's state dict, and the names of others that could have been meant. */
export interface FoundStateDict {
  /** Names with tensors. */
  readonly dict: PickleDict;
  /** Where in the file they are, such as `teacher`. */
  readonly others: readonly string[];
}

/** A dict of tensors and the keys that it is under. */
interface Found {
  readonly path: readonly string[];
  readonly dict: PickleDict;
}

/**
 * The dict of names and tensors: of those with a residual network, or else of all, the one under a
 * usual name (`state_dict`, `model` …), or the only one there is, as `value` itself, or the only one
 * whose name says that it is trained, as `student` beside `teacher`. What is under `optimizer` is
 * none. Where there is none, or several that could be meant, that goes to `fail`.
 */
export function findStateDict(value: PickleValue, fail: Fail): FoundStateDict {
  const found = dictsOfTensors(value);
  const networks = found.filter(({ dict }) => hasResidualNetwork(namesOf(dict)));
  const meant = networks.length > 0 ? networks : found;
  const usual = USUAL.flatMap((name) => meant.filter(({ path }) => path.at(-1) === name));
  const roles = meant.map(({ path }) => roleOf(path.join(".")));
  const likely = usual.length > 0
    ? usual
    : meant.filter((_, i) => roles[i] === roles.reduce((a, b) => Math.min(a, b)));
  if (usual.length > 0 || likely.length === 1) {
    const [{ dict }] = likely;
    const others = meant.filter((other) => other.dict !== dict && other.path.length > 0);
    return { dict, others: others.map(({ path }) => path.join(".")) };
  }
  return fail(
    "it must hold one state dict, names with tensors",
    found.length === 0
      ? isOpaque(value) ? `an object of ${value.name.slice(0, 60)}` : "none"
      : meant.slice(0, 4).map(({ path }) => (path.at(-1) ?? "the file itself").slice(0, 40)).join(
        " and ",
      ),
    "Where you trust its maker, load it in PyTorch and save the model's weights alone: " +
      "torch.save(model.state_dict(), path).",
  );
}

function namesOf(dict: PickleDict): Set<string> {
  return new Set(
    [...dict].flatMap(([name, value]) => typeof name === "string" && isTensor(value) ? [name] : []),
  );
}

/** The dicts that hold tensors, the outer ones first, with the keys that each is under. */
function dictsOfTensors(value: PickleValue): Found[] {
  const found: Found[] = [];
  // The same dict in several places is one, and one that contains itself has no end of levels.
  const seen = new Set<PickleValue>();
  let level: { path: readonly string[]; dict: PickleValue }[] = [{ path: [], dict: value }];
  for (let depth = 0; depth <= DEPTH; depth++) {
    const deeper: typeof level = [];
    for (const { path, dict } of level) {
      if (!(dict instanceof Map) || seen.has(dict)) continue;
      seen.add(dict);
      let tensors = false;
      for (const [name, inner] of dict) {
        if (typeof name !== "string") continue;
        tensors ||= isTensor(inner);
        if (!(inner instanceof Map) || OPTIMIZER.test(name)) continue;
        deeper.push({ path: [...path, name], dict: inner });
      }
      if (tensors) found.push({ path, dict });
    }
    level = deeper;
  }
  return found;
}
