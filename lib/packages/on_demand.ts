/**
 * Packages that few commands need. What a module imports by a literal, Deno fetches before the first
 * line runs, so these are imported by name: whoever only trains does not wait for them. (Every
 * package has a file here, to which `deno.json` maps its bare name: what `deno.json` names itself,
 * each `deno task` fetches first, and says nothing.)
 *
 * @module
 */
export interface Packages {
  /** Reads and writes images. */
  readonly sharp: typeof import("./sharp.ts");
  /** Places the images of a report on a map. */
  readonly "umap-js": typeof import("./umap-js.ts");
  /** Draws figures. */
  readonly vega: typeof import("./vega.ts");
  /** Draws figures in a page that forbids `eval`. */
  readonly "vega-interpreter": typeof import("./vega-interpreter.ts");
  /** Describes figures. */
  readonly "vega-lite": typeof import("./vega-lite.ts");
}

/**
 * Imports a package; Deno fetches it if this machine does not have it yet.
 *
 * @throws {Deno.errors.NotCapable} where sharp, which is native code, may not be loaded
 */
export async function onDemand<Name extends keyof Packages>(name: Name): Promise<Packages[Name]> {
  // Not a literal, which Deno would follow before it is needed.
  const module: string = `./${name}.ts`;
  try {
    return await import(module);
  } catch (cause) {
    // sharp reports what it could not load, but not why.
    const { state } = await Deno.permissions.query({ name: "ffi" });
    if (name !== "sharp" || state === "granted") throw cause;
    const message = `Requires ffi access, run again with the --allow-ffi flag`;
    throw new Deno.errors.NotCapable(message, { cause });
  }
}
