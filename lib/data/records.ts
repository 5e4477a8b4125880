/**
 * Files of records of one size, such as images without headers.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { fileProblem, openFile, showBytes } from "../files.ts";

/** An open file of records. */
export interface Records {
  /** The number of records. */
  readonly length: number;
  /** Fills `target` with as many records as fit, from record `index` on. */
  read(index: number, target: Uint8Array): void;
  close(): void;
}

/**
 * Opens the file at `path`, whose size must be a multiple of `size` bytes. Records are read when
 * they are asked for, so that the file may be larger than memory.
 *
 * @throws DataError where the file cannot be read, is empty or truncated.
 */
export function openRecords(path: string, size: number): Records {
  const act = `read ${path}`;
  const next = "The file is truncated or damaged: delete it and fetch the dataset again.";
  try {
    const file = openFile(path);
    const bytes = file.statSync().size;
    if (bytes === 0 || bytes % size !== 0) {
      file.close();
      const whole = Math.max(1, Math.ceil(bytes / size)) * size;
      const rule = `its size must be a multiple of ${showBytes(size)}, as ${showBytes(whole)}`;
      throw new DataError({ act, rule, got: showBytes(bytes), next });
    }
    return {
      length: bytes / size,
      read: (index, target) => {
        try {
          file.seekSync(index * size, Deno.SeekMode.Start);
          for (let done = 0; done < target.length;) {
            const read = file.readSync(target.subarray(done));
            if (read === null) {
              const rule = `it must keep its ${showBytes(bytes)}`;
              throw new DataError({ act, rule, got: "fewer", next });
            }
            done += read;
          }
        } catch (error) {
          throw fileProblem(act, path, error);
        }
      },
      close: () => file.close(),
    };
  } catch (error) {
    throw fileProblem(act, path, error);
  }
}

/** All of a file of records, in memory. */
export function readRecords(path: string, size: number): Uint8Array {
  const records = openRecords(path, size);
  try {
    const all = new Uint8Array(records.length * size);
    records.read(0, all);
    return all;
  } finally {
    records.close();
  }
}
