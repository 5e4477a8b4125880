/**
 * Stands in for `jsr:@std/assert` where JSR cannot be reached (see `links` in deno.json).
 *
 * The same names and meanings as the real module, over `node:assert`; only what the tests use.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";
import { inspect } from "node:util";

/** The error of a failed assertion. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

function withSuffix(message: string, msg?: string): string {
  return msg === undefined ? message : `${message}: ${msg}`;
}

/** Asserts that `condition` is truthy. */
export function assert(condition: unknown, msg = ""): asserts condition {
  if (!condition) throw new AssertionError(msg || "Expected condition to be truthy");
}

/** Asserts that `actual` is falsy. */
export function assertFalse(actual: unknown, msg = ""): void {
  if (actual) throw new AssertionError(msg || "Expected condition to be falsy");
}

/** Asserts deep equality. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
  } catch (error) {
    throw new AssertionError(
      withSuffix("Values are not equal", msg) + `\n${(error as Error).message}`,
    );
  }
}

/** Asserts that the values differ. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    nodeAssert.notDeepStrictEqual(actual, expected);
  } catch {
    throw new AssertionError(withSuffix(`Expected a value other than ${inspect(actual)}`, msg));
  }
}

/** Asserts identity by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    throw new AssertionError(
      withSuffix(`Expected ${inspect(actual)} to be ${inspect(expected)}`, msg),
    );
  }
}

/** Asserts that `actual` is neither null nor undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw new AssertionError(withSuffix(`Expected a value, got ${inspect(actual)}`, msg));
  }
}

/** Asserts |actual − expected| ≤ tolerance; the default tolerance is 1e-7 of the expected value. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const delta = Math.abs(expected - actual);
  const bound = tolerance ?? (isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (delta <= bound) return;
  throw new AssertionError(
    withSuffix(`Expected ${actual} to be within ${bound} of ${expected}, delta ${delta}`, msg),
  );
}

/** Asserts that a string contains another. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(withSuffix(`Expected "${actual}" to contain "${expected}"`, msg));
  }
}

/** Asserts that a string matches an expression. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) {
    throw new AssertionError(withSuffix(`Expected "${actual}" to match ${expected}`, msg));
  }
}

/** Asserts `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) {
    throw new AssertionError(withSuffix(`Expected ${inspect(actual)} > ${inspect(expected)}`, msg));
  }
}

/** Asserts `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) {
    throw new AssertionError(withSuffix(`Expected ${inspect(actual)} < ${inspect(expected)}`, msg));
  }
}

/** Asserts that `actual` is an instance of the class. */
export function assertInstanceOf<T extends abstract new (...args: never[]) => unknown>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (!(actual instanceof expectedType)) {
    throw new AssertionError(withSuffix(`Expected an instance of ${expectedType.name}`, msg));
  }
}

/** Fails always. */
export function fail(msg?: string): never {
  throw new AssertionError(withSuffix("Failed assertion", msg));
}

function checkError<E extends Error>(
  error: unknown,
  errorClass?: ErrorClass<E>,
  msgIncludes = "",
  msg?: string,
): E {
  if (!(error instanceof Error)) {
    throw new AssertionError(withSuffix(`Expected an Error, got ${inspect(error)}`, msg));
  }
  if (errorClass && !(error instanceof errorClass)) {
    throw new AssertionError(
      withSuffix(`Expected ${errorClass.name}, got ${error.name}: ${error.message}`, msg),
    );
  }
  if (!error.message.includes(msgIncludes)) {
    throw new AssertionError(
      withSuffix(`Expected the message "${error.message}" to contain "${msgIncludes}"`, msg),
    );
  }
  return error as E;
}

/** Asserts that `fn` throws, by class and part of the message; returns the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass?: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checkError(error, errorClass, msgIncludes, msg);
  }
  throw new AssertionError(withSuffix("Expected function to throw", msg));
}

/** Asserts that `fn` rejects, by class and part of the message; returns the error. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return checkError(error, errorClass, msgIncludes, msg);
  }
  throw new AssertionError(withSuffix("Expected function to reject", msg));
}
