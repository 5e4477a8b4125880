import { assertEquals } from "@std/assert";
import { parseCommandLine } from "../../../lib/command_line/arguments.ts";

const flags = (...args: string[]) => parseCommandLine(args, ["resume", "debiased"]).flags;

Deno.test("both ways of writing a value and a name are understood", () => {
  assertEquals(flags("--tau_plus=0.1", "--batch-size", "64"), {
    tau_plus: "0.1",
    batch_size: "64",
  });
});

Deno.test("a boolean flag needs no value before other words, and --no- means false", () => {
  const { words, flags } = parseCommandLine(["--resume", "show", "--no-debiased"], [
    "resume",
    "debiased",
  ]);
  assertEquals(words, ["show"]);
  assertEquals(flags, { resume: "true", debiased: "false" });
});

Deno.test("a role and its option are two flags", () => {
  assertEquals(flags("--objective=hard", "--objective.tau_plus=0.2"), {
    "objective": "hard",
    "objective.tau_plus": "0.2",
  });
});

Deno.test("the last of a repeated flag counts, but plugins collect", () => {
  const { flags, plugins } = parseCommandLine(
    ["--seed=1", "--seed=2", "--plugin=./a.ts", "--plugin", "npm:b"],
    [],
  );
  assertEquals(flags, { seed: "2" });
  assertEquals(plugins, ["./a.ts", "npm:b"]);
});

Deno.test("texts stay texts", () => {
  assertEquals(flags("--path=007", "--value=1e3"), { path: "007", value: "1e3" });
});

Deno.test("-h and --help ask for help", () => {
  assertEquals(parseCommandLine(["-h"], []).help, "short");
  assertEquals(parseCommandLine(["--help"], []).help, "short");
  assertEquals(parseCommandLine(["--help=all"], []).help, "all");
  assertEquals(parseCommandLine(["--help=false"], []).help, undefined);
  assertEquals(parseCommandLine([], []).help, undefined);
});

Deno.test("a list that is given more than once is one list", () => {
  const lists = (...args: string[]) => parseCommandLine(args, [], ["run", "seeds"]).flags;
  assertEquals(lists("--run=a", "--run", "b,c", "--seeds=1"), { run: "a,b,c", seeds: "1" });
  assertEquals(lists("--other=1"), { other: "1" });
});

Deno.test("a boolean takes a true or false after it, as the reference's users write it", () => {
  assertEquals(flags("--debiased", "False", "--seed=1"), { debiased: "False", seed: "1" });
  assertEquals(parseCommandLine(["--debiased", "show"], ["debiased"]).words, ["show"]);
});

Deno.test("words stay texts, short flags are words, and a negative number is a value", () => {
  const { words, flags } = parseCommandLine(["007", "-v", "--mean", "-0.5", "--x", "-q"], []);
  assertEquals(words, ["007", "-v", "-q"]);
  assertEquals(flags, { mean: "-0.5", x: "" });
  assertEquals(parseCommandLine(["--x", "--", "--y=1"], []), {
    ...parseCommandLine([], []),
    words: ["--y=1"],
    flags: { x: "" },
  });
});

Deno.test("a flag that takes no value takes none from the flag after it", () => {
  assertEquals(flags("--run", "--seed=1"), { run: "", seed: "1" });
});
