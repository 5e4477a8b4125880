/**
 * The stack machine that a pickle is a program for, and the values it works on.
 *
 * @module
 */
import { type ByteReader, type Fail, readText } from "./byte_reader.ts";

/** What a pickle can hold: lists, tuples and sets are arrays, and may contain themselves. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array<ArrayBuffer>
  | PickleValue[]
  | PickleDict
  | PickleObject;

/** A Python dict, or one of its kin. */
export type PickleDict = Map<PickleValue, PickleValue>;

/** What the host makes. */
export interface PickleObject {
  /** What it is, for the host to know it by. */
  readonly kind: string;
}

/** A class or function, as the host has it. */
export interface PickleGlobal extends PickleObject {
  /** Distinguishes it from other objects. */
  readonly kind: "global";
  /** What calling it gives; one without cannot be called. */
  call?(args: readonly PickleValue[]): PickleValue;
}

/**
 * A class or function that the host does not know, or what the pickle says that it gave: a name and
 * nothing else. It is never looked up, and what is put into it is dropped.
 */
export interface Opaque extends PickleObject {
  /** Distinguishes it from other objects. */
  readonly kind: "opaque";
  /** The name of the class or function, such as `argparse.Namespace`. */
  readonly name: string;
}

/** The world outside the pickle. */
export interface PickleHost {
  /** The value of a global such as `collections.OrderedDict`; an unknown one is {@linkcode Opaque}. */
  global(name: string): PickleValue;
  /** The value for a persistent id, as PyTorch has one for each storage. */
  persistent(id: PickleValue): PickleValue;
}

/** The stack machine: values, where the marks among them are, and the values that have numbers. */
export class Machine {
  readonly stack: PickleValue[] = [];
  readonly marks: number[] = [];
  readonly memo = new Map<number, PickleValue>();
  stopped = false;

  constructor(readonly reader: ByteReader, readonly host: PickleHost, readonly fail: Fail) {}

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  /** The upmost value; it must be above the upmost mark. */
  top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined || this.stack.length === this.marks.at(-1)) {
      return this.fail(`a value must be on the stack at byte ${this.reader.at}`, "none");
    }
    return value;
  }

  pop(): PickleValue {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  /** All values above the upmost mark, without the mark. */
  popMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) {
      return this.fail(`a mark must be on the stack at byte ${this.reader.at}`, "none");
    }
    return this.stack.splice(mark);
  }

  text(length: number): string {
    return readText(this.reader.take(length), this.fail);
  }

  textLine(): string {
    return readText(this.reader.line(), this.fail);
  }

  /** Pushes what the host has for a global. */
  global(module: string, name: string): void {
    this.push(this.host.global(`${module}.${name}`));
  }

  /** Calls a global of the host with a tuple; what is opaque is not called, and gives its like. */
  reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    if (isOpaque(callee)) return this.push(callee);
    if (!Array.isArray(args) || !isGlobal(callee) || !callee.call) {
      return this.fail(`what is called at byte ${this.reader.at} must be a function`, "another");
    }
    this.push(callee.call(args));
  }

  /** Pushes an object of a class that is opaque; of no other class objects are made. */
  construct(made: PickleValue | undefined): void {
    if (made === undefined || !isOpaque(made)) this.mistyped("a class that objects are made of");
    else this.push(made);
  }

  /** Gives the object on top its attributes, which are dropped. */
  build(): void {
    this.pop();
    const object = this.top();
    // An OrderedDict has some too, such as the versions of the modules in a state dict.
    if (!(object instanceof Map) && !isOpaque(object)) this.mistyped("an object with attributes");
  }

  /** Adds items to the list on top. */
  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (isOpaque(list)) return;
    if (!Array.isArray(list)) return this.mistyped("a list");
    for (const item of items) list.push(item);
  }

  /** Adds keys and values, one after the other, to the dict on top. */
  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (isOpaque(dict)) return;
    if (!(dict instanceof Map)) return this.mistyped("a dict");
    if (items.length % 2 !== 0) this.mistyped("a value for each key");
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    this.push(this.memo.get(index) ?? missing(this, index));
  }

  mistyped(expected: string): never {
    return this.fail(`at byte ${this.reader.at} there must be ${expected}`, "another value");
  }
}

function missing(machine: Machine, index: number): PickleValue {
  // The value None is in the memo too.
  if (machine.memo.has(index)) return null;
  return machine.fail(`the memo must have what byte ${machine.reader.at} asks for`, index);
}

/** Whether a value is of a class or function that the host does not know. */
export const isOpaque = (value: PickleValue): value is Opaque =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "opaque";

const isGlobal = (value: PickleValue): value is PickleGlobal =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === "global";
