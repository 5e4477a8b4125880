/**
 * `completions`: what makes a shell complete our commands.
 *
 * @module
 */
import { z } from "zod";
import type { CompletionModel } from "../completions/model.ts";
import { UsageError } from "../errors.ts";
import type { Command } from "../command_line/command.ts";

const SHELLS: Readonly<Record<string, () => Promise<(model: CompletionModel) => string>>> = {
  bash: async () => (await import("../completions/bash.ts")).bashScript,
  zsh: async () => (await import("../completions/zsh.ts")).zshScript,
  fish: async () => (await import("../completions/fish.ts")).fishScript,
};

export const command: Command = {
  words: `[${Object.keys(SHELLS).join(" | ")}]`,
  maxWords: 1,
  spec: { options: z.strictObject({}), roles: {} },
  async run({ words: [shell], registry, result }) {
    if (shell === undefined || !Object.hasOwn(SHELLS, shell)) {
      throw new UsageError({
        act: "print completions",
        rule: `the shell must be one of ${Object.keys(SHELLS).join(", ")}`,
        got: shell ?? "none",
        next: "Try `deno task completions bash`; the first lines of a script say where it goes.",
      });
    }
    const { completionModel } = await import("../completions/model.ts");
    const { COMMANDS } = await import("../command_line/commands.ts");
    const script = (await SHELLS[shell]())(await completionModel(COMMANDS, registry));
    result({ shell, script }, () => script.trimEnd());
  },
};
