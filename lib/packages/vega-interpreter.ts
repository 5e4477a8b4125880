export * from "npm:vega-interpreter@2.3.2";
/** Where its module is, in Deno's cache. */
export const url: string = import.meta.resolve("npm:vega-interpreter@2.3.2");
