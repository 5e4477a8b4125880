import { assertThrows } from "@std/assert";
import { checkLabels } from "../../../lib/data/memory_split.ts";
import { DataError } from "../../../lib/errors.ts";

Deno.test("a label of no class is a DataError that names the image", () => {
  checkLabels("labels.bin", Int32Array.of(0, 1, 2), 3);
  const act = () => checkLabels("labels.bin", Int32Array.of(0, 3, 2), 3);
  assertThrows(act, DataError, 'labels of 3 classes, got "class 3 for image 1');
});
