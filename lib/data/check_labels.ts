/**
 * The labels in a dataset's files.
 *
 * @module
 */
import { DataError } from "../errors.ts";

/** Throws DataError unless every label from `path` is one of 0 … `classes` − 1. */
export function checkLabels(path: string, labels: Int32Array, classes: number): void {
  const bad = labels.findIndex((label) => label < 0 || label >= classes);
  if (bad < 0) return;
  throw new DataError({
    act: `read ${path}`,
    rule: `it must have labels of ${classes} classes`,
    got: `class ${labels[bad]} for image ${bad}, counting from 0`,
    next: "The file is damaged: delete it and fetch the dataset again.",
  });
}
