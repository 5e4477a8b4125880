/**
 * Stands in for `jsr:@std/cli` where JSR cannot be reached (see `links` in deno.json).
 *
 * @module
 */
export * from "./parse_args.ts";
