export * from "./lib/plugin.ts";
export * from "./lib/errors.ts";
export * from "./lib/random.ts";
export { z } from "zod";
