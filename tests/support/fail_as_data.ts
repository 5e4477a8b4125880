import { DataError } from "../../lib/errors.ts";
import type { Fail } from "../../lib/interop/byte_reader.ts";

/** Refuses as a reader of a file does. */
export const failAsData: Fail = (rule, got, next = "") => {
  throw new DataError({ act: "read x", rule, got, next });
};
