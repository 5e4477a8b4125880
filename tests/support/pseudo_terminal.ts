/** A real pseudo-terminal, by `script` of util-linux. */

const hasScript = Deno.build.os === "linux" &&
  await new Deno.Command("script", { args: ["--version"], stdout: "null", stderr: "null" })
    .output().then(({ success }) => success, () => false);

/** Registers a test that needs a terminal; without `script` it is reported as ignored. */
export function testInTerminal(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: hasScript ? name : `${name} (no util-linux script on this machine)`,
    ignore: !hasScript,
    fn,
  });
}

/** All bytes that a shell's command writes to a terminal of so many columns, as text. */
export async function inTerminal(
  command: string,
  { columns, cwd, env = {} }: { columns: number; cwd?: string; env?: Record<string, string> },
): Promise<{ code: number; text: string }> {
  const { CI: _ci, NO_COLOR: _noColor, FORCE_COLOR: _force, ...inherited } = Deno.env.toObject();
  const { code, stdout } = await new Deno.Command("script", {
    args: ["-qec", `stty cols ${columns} rows 24; ${command}`, "/dev/null"],
    cwd,
    clearEnv: true,
    env: { ...inherited, TERM: "xterm-256color", ...env },
    stdin: "null",
    stderr: "null",
  }).output();
  return { code, text: new TextDecoder().decode(stdout) };
}
