import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { z } from "zod";
import { UsageError } from "../../lib/errors.ts";
import { checkOptions, flagName, flagsOf, parseText } from "../../lib/options.ts";

const schema = z.strictObject({
  tauPlus: z.number().min(0).lt(1).default(0.1).describe("class prior"),
  batchSize: z.number().int().min(1).default(256).describe("pairs per step"),
  seed: z.number().int().default(0).describe("seed"),
  stem: z.enum(["small", "imagenet"]).default("small").describe("first layer"),
  augment: z.boolean().default(true).describe("augment"),
  widths: z.array(z.number().int().positive()).default([32, 64]).describe("channels"),
  path: z.string().optional().describe("a text"),
  dataDir: z.string().default("").describe("folder").meta({ path: true }),
});
const flag = (name: string) => flagsOf(schema).find((flag) => flag.name === name)!;

Deno.test("an option tauPlus is the flag tau_plus", () => {
  assertEquals(flagName("tauPlus"), "tau_plus");
  assertEquals(flagsOf(schema).map(({ name }) => name).slice(0, 2), ["tau_plus", "batch_size"]);
});

Deno.test("a flag says its rule, its default and what it does", () => {
  assertEquals(flag("tau_plus").rule, "a number from 0 to below 1");
  assertEquals(flag("batch_size").rule, "a whole number of at least 1");
  assertEquals(flag("seed").rule, "a whole number");
  assertEquals(flag("stem").rule, "one of small, imagenet");
  assertEquals(flag("widths").rule, "numbers joined by commas");
  assertEquals(flag("path").default, undefined);
  assertEquals(flag("tau_plus").default, 0.1);
  assertEquals(flag("tau_plus").description, "class prior");
});

Deno.test("texts become values of the flag's type", () => {
  assertEquals(parseText(flag("tau_plus"), "1e-2"), 0.01);
  assertEquals(parseText(flag("augment"), "false"), false);
  assertEquals(parseText(flag("augment"), "False"), false);
  assertEquals(parseText(flag("augment"), "True"), true);
  assertEquals(parseText(flag("augment"), ""), true);
  assertEquals(parseText(flag("widths"), "8,16,32"), [8, 16, 32]);
  assertEquals(parseText(flag("path"), "007"), "007");
  // A run must find its files from any folder.
  assertEquals(parseText(flag("data_dir"), "a/b"), `${Deno.cwd()}/a/b`);
  assertEquals(parseText(flag("data_dir"), ""), "");
  assertEquals([flag("data_dir").description, flag("data_dir").rule], ["folder", "a text"]);
});

Deno.test("defaults are filled in", () => {
  assertEquals(checkOptions(schema, { tauPlus: 0 }), {
    tauPlus: 0,
    batchSize: 256,
    seed: 0,
    stem: "small",
    augment: true,
    widths: [32, 64],
    dataDir: "",
  });
});

for (
  const [key, value, rule] of [
    ["tauPlus", 1, "--tau_plus: it must be a number from 0 to below 1, got 1."],
    ["tauPlus", -0.1, "got -0.1."],
    ["tauPlus", "much", '--tau_plus: it must be a number from 0 to below 1, got "much".'],
    ["batchSize", 2.5, "--batch_size: it must be a whole number of at least 1, got 2.5."],
    ["stem", "large", '--stem: it must be one of small, imagenet, got "large".'],
    ["widths", ["a"], "--widths: it must be numbers joined by commas, got a."],
    // The reference's `--debiased=False` was true.
    ["augment", "False", '--augment: it must be true or false, got "False".'],
  ] as const
) {
  Deno.test(`${key} = ${JSON.stringify(value)} is refused in one line that says the rule`, () => {
    const error = assertThrows(() => checkOptions(schema, { [key]: value }), UsageError, rule);
    assertEquals(error.message.includes("\n"), false);
    assertStringIncludes(error.message, "The default is ");
  });
}
