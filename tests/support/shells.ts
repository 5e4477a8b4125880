/** Real shells, asked what they offer at the end of a line. */

/** The shells that completions are for. */
export type Shell = "bash" | "zsh" | "fish";

/** The code that asks, after `$1`, the file of the completions, was sourced; then `$2 …` are lines. */
const ASK: Readonly<Record<Shell, string>> = {
  // Readline breaks words at spaces and, into a word of its own, at =.
  bash: `
    source <(deno completions bash)
    source "$1"; shift
    for line; do
      IFS=$'\\n' read -rd '' -a COMP_WORDS <<<"$(sed 's/=/\\n=\\n/g; s/ /\\n/g' <<<"$line")"
      [[ $line == *' ' ]] && COMP_WORDS+=('')
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=\${#line} COMPREPLY=()
      function=$(complete -p "\${COMP_WORDS[0]}" | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      "$function" "\${COMP_WORDS[0]}" "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"
      echo "line \${COMPREPLY[*]}"
    done 2>/dev/null`,
  fish: `
    deno completions fish | source
    source $argv[1]
    for line in $argv[2..-1]
      set offered (complete -C $line | string replace -r '\\t.*' '')
      echo "line $offered"
    end`,
  // Completion needs an editor of lines, so a terminal; compadd is what all offers go through. What
  // Deno 2.9 gives zsh offers nothing, so there is a stand-in.
  zsh: `
    zmodload zsh/zpty
    zpty z zsh -f -i
    mkdir functions; print -r -- $'#compdef deno\\n_arguments "1:command:(lint upgrade)"' >functions/_deno
    zpty -w z "PS1= PS2=; stty -echo; unsetopt autolist; fpath=($PWD/functions \$fpath)
      autoload -Uz compinit; compinit -u -D; source '$1'"
    zpty -w z 'compadd() {
      if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
      local -a hits
      builtin compadd -A hits "$@"
      (( $#hits )) && print -rn -- "<"\${^hits}">"
      builtin compadd "$@"
    }
    offer() { print -rn -- "[["; zle complete-word; print -r -- "]]"; zle kill-whole-line }
    zle -N offer; bindkey "^I" offer; print -r -- REA""DY'
    zpty -r -m z seen '*READY*'
    shift
    for line; do
      zpty -w -n z "$line"$'\\t'
      zpty -r -m z seen '*]]*'
      seen=\${seen##*\\[\\[}
      offered=(); while [[ $seen =~ '<([^<>]*)>' ]]; do
        offered+=$match[1] seen=\${seen#*"<$match[1]>"}
      done
      print -r -- "line $offered"
    done`,
};

async function isThere(shell: Shell): Promise<boolean> {
  try {
    return (await new Deno.Command(shell, { args: ["-c", "exit 0"] }).output()).success;
  } catch {
    return false;
  }
}

/**
 * Registers a test of a shell. Without it the test is reported as ignored, and fails instead where
 * TAUPLUS_REQUIRE_SHELLS is set.
 */
export async function testInShell(shell: Shell, name: string, fn: () => Promise<void>) {
  const missing = !await isThere(shell);
  Deno.test({
    name: missing ? `${name} (no ${shell} on this machine)` : name,
    ignore: missing && !Deno.env.has("TAUPLUS_REQUIRE_SHELLS"),
    fn,
  });
}

/** What a shell offers at the end of each line, in a folder, when the file of completions is sourced. */
export async function offers(
  shell: Shell,
  { cwd, file, lines }: { cwd: string; file: string; lines: readonly string[] },
): Promise<string[][]> {
  const options = { bash: ["--norc"], zsh: ["-f"], fish: ["--no-config"] }[shell];
  const name = shell === "fish" ? [] : [shell];
  const { PATH = "" } = Deno.env.toObject();
  const { stdout, stderr } = await new Deno.Command(shell, {
    args: [...options, "-c", ASK[shell], ...name, file, ...lines],
    cwd,
    // The deno that runs this may not be on the path.
    env: { PATH: `${Deno.execPath().replace(/\/[^/]*$/, "")}:${PATH}`, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  const found = text.split("\n").filter((line) => line.startsWith("line "));
  if (found.length !== lines.length) throw new Error(text + new TextDecoder().decode(stderr));
  return found.map((line) => line.split(" ").slice(1).filter((word) => word !== ""));
}
