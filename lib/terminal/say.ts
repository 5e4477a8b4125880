/**
 * Words for the person at the terminal: results on standard output, everything else on standard
 * error.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Writes a result, a line to standard output. */
export function say(text = ""): void {
  write(Deno.stdout, text + "\n");
}

/** Writes a remark, a line to standard error. */
export function note(text: string): void {
  write(Deno.stderr, text + "\n");
}

function write(stream: typeof Deno.stdout, text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let from = 0; from < bytes.length;) from += stream.writeSync(bytes.subarray(from));
  } catch (error) {
    // Whoever reads may have gone, as in `… | head`.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
