import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { type Checksum, fileMatches } from "../../../lib/data/checksum.ts";
import { inFolder } from "../../support/folders.ts";

// The test vectors of RFC 1321 and FIPS 180-4.
const ABC: Checksum[] = [
  "md5:900150983cd24fb0d6963f7d28e17f72",
  "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
];

Deno.test("a file has the checksums of its bytes, and no others", () =>
  inFolder(async (folder) => {
    const path = join(folder, "file");
    for (const checksum of ABC) {
      await Deno.writeTextFile(path, "abc");
      assertEquals(await fileMatches(path, checksum), true);
      await Deno.writeTextFile(path, "abd");
      assertEquals(await fileMatches(path, checksum), false);
    }
  }));

Deno.test("hashing a file reports every byte once, in whatever pieces it is read", () =>
  inFolder(async (folder) => {
    const path = join(folder, "file");
    // A million times "a", the third vector of FIPS 180-4; then more than one piece of it.
    await Deno.writeTextFile(path, "a".repeat(1_000_000));
    const million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    assertEquals(await fileMatches(path, `sha256:${million}`), true);
    await Deno.writeTextFile(path, "a".repeat(3_000_000));
    const seen: number[] = [];
    await fileMatches(path, `sha256:${million}`, undefined, (bytes) => seen.push(bytes));
    assertEquals(seen.at(-1), 3_000_000);
    assertEquals(seen, [...seen].sort((a, b) => a - b));
  }));
