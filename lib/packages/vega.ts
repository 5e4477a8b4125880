export * from "npm:vega@6.4.0";
/** Where its modules are, in Deno's cache. */
export const url: string = import.meta.resolve("npm:vega@6.4.0");
