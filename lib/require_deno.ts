/**
 * The oldest Deno that runs tauplus.
 *
 * @module
 */
import { TauplusError } from "./errors.ts";

/** Earlier ones lack `statfs` of `node:fs/promises`. Tried: 2.6.8 runs, 2.5.7 does not. */
const OLDEST = [2, 6];

/** Throws a TauplusError where Deno is too old, before that shows as a missing export. */
export function requireDeno(version: string = Deno.version.deno): void {
  const [major, minor] = version.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new TauplusError({
    act: "run tauplus",
    rule: `Deno must be ${OLDEST.join(".")} or newer`,
    got: version,
    next: "Run `deno upgrade`, or use npm's: `npx -y deno task …`.",
  });
}
