/**
 * Python's pickles as data. A pickle is a program for a stack machine, and Python runs whatever
 * functions it names; here a global is what the host has for its name, and one that the host does
 * not have is kept as its name alone, with nothing of what the file would put into it. Nothing is
 * imported or called, whatever the file asks for.
 *
 * Read are the opcodes of protocols 0 to 5 that `torch.save` writes, with their kin. Time and memory
 * are bounded by the pickle's length: every value on the stack has taken a byte, and what is in
 * memory twice is one value.
 *
 * Format: Python's `Lib/pickletools.py`, PEP 307, PEP 3154 and PEP 574.
 *
 * @module
 */
import { ByteReader, type Fail } from "./byte_reader.ts";
import { Machine, type PickleHost, type PickleValue } from "./pickle_machine.ts";

/**
 * Reads the pickle that begins at byte `from`; `end` is the byte after it. Any breach of the format
 * and an opcode that `torch.save` does not write go to `fail`.
 */
export function unpickle(
  bytes: Uint8Array<ArrayBuffer>,
  from: number,
  host: PickleHost,
  fail: Fail,
): { value: PickleValue; end: number } {
  const machine = new Machine(new ByteReader(bytes, fail, from), host, fail);
  while (!machine.stopped) {
    const at = machine.reader.at;
    const opcode = machine.reader.uint8();
    const act = ACTS.get(opcode);
    if (act) act(machine);
    else {
      const name = REFUSED[opcode] ?? `0x${opcode.toString(16).padStart(2, "0")}`;
      fail(`the opcode at byte ${at} must be one that torch.save writes`, name);
    }
  }
  const [value, ...more] = machine.stack;
  if (value === undefined || more.length > 0 || machine.marks.length > 0) {
    fail("a pickle must end with one value", `${machine.stack.length} values`);
  }
  return { value, end: machine.reader.at };
}

/** What each opcode does, by its character. */
const ACTS: ReadonlyMap<number, (machine: Machine) => void> = byCode({
  "(": (m) => m.marks.push(m.stack.length),
  ".": (m) => m.stopped = true,
  "0": (m) => m.stack.length === m.marks.at(-1) ? m.marks.pop() : m.pop(),
  "1": (m) => m.popMark(),
  "2": (m) => m.push(m.top()),

  "N": (m) => m.push(null),
  "\x88": (m) => m.push(true),
  "\x89": (m) => m.push(false),
  "I": (m) => m.push(integerLine(m)),
  "L": (m) => m.push(integerLine(m)),
  "J": (m) => m.push(m.reader.int32()),
  "K": (m) => m.push(m.reader.uint8()),
  "M": (m) => m.push(m.reader.uint16()),
  "\x8a": (m) => m.push(integer(m, m.reader.uint8())),
  "\x8b": (m) => m.push(integer(m, m.reader.uint32())),
  "F": (m) => m.push(floatLine(m)),
  "G": (m) => m.push(m.reader.float64()),

  "V": (m) => m.push(escapedLine(m)),
  "T": (m) => m.push(m.text(m.reader.uint32())),
  "U": (m) => m.push(m.text(m.reader.uint8())),
  "X": (m) => m.push(m.text(m.reader.uint32())),
  "\x8c": (m) => m.push(m.text(m.reader.uint8())),
  "\x8d": (m) => m.push(m.text(m.reader.uint64())),
  "B": (m) => m.push(m.reader.take(m.reader.uint32())),
  "C": (m) => m.push(m.reader.take(m.reader.uint8())),
  "\x8e": (m) => m.push(m.reader.take(m.reader.uint64())),
  "\x96": (m) => m.push(m.reader.take(m.reader.uint64())),

  ")": (m) => m.push([]),
  "t": (m) => m.push(m.popMark()),
  "\x85": (m) => m.push([m.pop()]),
  "\x86": (m) => m.push([m.pop(), m.pop()].reverse()),
  "\x87": (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()),
  "]": (m) => m.push([]),
  "l": (m) => m.push(m.popMark()),
  "a": (m) => m.append([m.pop()]),
  "e": (m) => m.append(m.popMark()),
  "\x8f": (m) => m.push([]),
  "\x90": (m) => m.append(m.popMark()),
  "\x91": (m) => m.push(m.popMark()),
  "}": (m) => m.push(new Map()),
  "d": (m) => {
    const items = m.popMark();
    m.push(new Map());
    m.setItems(items);
  },
  "s": (m) => m.setItems([m.pop(), m.pop()].reverse()),
  "u": (m) => m.setItems(m.popMark()),

  "p": (m) => m.remember(Number(m.textLine())),
  "q": (m) => m.remember(m.reader.uint8()),
  "r": (m) => m.remember(m.reader.uint32()),
  "\x94": (m) => m.remember(m.memo.size),
  "g": (m) => m.recall(Number(m.textLine())),
  "h": (m) => m.recall(m.reader.uint8()),
  "j": (m) => m.recall(m.reader.uint32()),

  "c": (m) => m.global(m.textLine(), m.textLine()),
  "\x93": (m) => {
    const [name, module] = [m.pop(), m.pop()];
    if (typeof name !== "string" || typeof module !== "string") m.mistyped("the name of a global");
    else m.global(module, name);
  },
  // A class and what it is made from, which no class here takes.
  "i": (m) => {
    m.popMark();
    m.global(m.textLine(), m.textLine());
    m.construct(m.pop());
  },
  "o": (m) => m.construct(m.popMark()[0]),
  "\x81": (m) => {
    m.pop();
    m.construct(m.pop());
  },
  "\x92": (m) => {
    m.pop();
    m.pop();
    m.construct(m.pop());
  },
  "R": (m) => m.reduce(),
  "b": (m) => m.build(),
  "Q": (m) => m.push(m.host.persistent(m.pop())),

  "\x80": (m) => {
    const version = m.reader.uint8();
    if (version > 5) m.fail("the pickle's protocol must be 0 to 5", version);
  },
  "\x95": (m) => {
    // The frame's contents follow in place; its length must be there.
    const start = m.reader.at + 8;
    m.reader.take(m.reader.uint64());
    m.reader.at = start;
  },
});

/** More bytes than any integer in a checkpoint has. */
const MAX_INTEGER = 1024;

/** Opcodes that `torch.save` has no use for. */
const REFUSED: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries({
    "P": "PERSID",
    "S": "STRING",
    "\x82": "EXT1",
    "\x83": "EXT2",
    "\x84": "EXT4",
    "\x97": "NEXT_BUFFER",
    "\x98": "READONLY_BUFFER",
  }).map(([character, name]) => [character.charCodeAt(0), name]),
);

function byCode(
  acts: Readonly<Record<string, (machine: Machine) => unknown>>,
): ReadonlyMap<number, (machine: Machine) => void> {
  return new Map(Object.entries(acts).map(([character, act]) => [character.charCodeAt(0), act]));
}

/** `7`, `7L`, and the booleans of protocol 1, `00` and `01`. */
function integerLine(machine: Machine): PickleValue {
  const text = machine.textLine();
  if (text === "00" || text === "01") return text === "01";
  // Python's own limit of digits; reading them takes time that grows faster than their number.
  if (!/^-?\d{1,4300}L?$/.test(text)) return machine.fail("an integer must be of digits", text);
  return safe(BigInt(text.replace("L", "")));
}

/** Python's `repr` of a float. */
function floatLine(machine: Machine): number {
  const text = machine.textLine();
  const [, sign, name] = /^(-?)(inf|nan)$/.exec(text) ?? [];
  if (name !== undefined) return name === "nan" ? NaN : sign === "-" ? -Infinity : Infinity;
  const value = Number(text);
  return text.trim() === "" || Number.isNaN(value) ? machine.mistyped("a float") : value;
}

/** Python's `raw-unicode-escape`: Latin-1, and \u or \U for what it has not. */
function escapedLine(machine: Machine): string {
  const latin = Array.from(machine.reader.line(), (byte) => String.fromCharCode(byte)).join("");
  return latin.replace(/\\u([\da-fA-F]{4})|\\U([\da-fA-F]{8})/g, (_, four, eight) => {
    const code = parseInt(four ?? eight, 16);
    return code > 0x10ffff ? machine.mistyped("a character") : String.fromCodePoint(code);
  });
}

/** Two's complement, little-endian. */
function integer(machine: Machine, length: number): PickleValue {
  if (length > MAX_INTEGER) {
    machine.fail(`an integer must have at most ${MAX_INTEGER} bytes`, length);
  }
  const bytes = machine.reader.take(length);
  if (length === 0) return 0;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).reverse().join("");
  return safe(BigInt.asIntN(8 * length, BigInt(`0x${hex}`)));
}

/** A number where it holds the integer exactly. */
function safe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
