/**
 * Completions for bash, from version 3.2 on, which macOS has.
 *
 * @module
 */
import {
  type CompletionCommand,
  type CompletionModel,
  type CompletionOption,
  IN_PROJECT,
} from "./model.ts";

export function bashScript(model: CompletionModel): string {
  const names = model.map(({ name }) => name).join(" ");
  return `\
# bash completions of tauplus, for \`tauplus …\` and for \`deno task …\` in its folder.
# Write them to a file, and source it in ~/.bashrc, after Deno's own completions:
#   deno task completions bash >~/.tauplus.bash
#   echo 'source ~/.tauplus.bash' >>~/.bashrc

_tauplus_names='${names}'

_tauplus_flags() {
  case "$1" in
${model.map(flagsCase).join("\n")}
  esac
}

# What may follow a flag: sets values, or place.
_tauplus_values() {
  case "$1 $2" in
${model.flatMap(valuesCases).join("\n")}
  esac
}

# Flags that stand alone unless = follows.
_tauplus_bare() {
  case "$1 $2" in
${model.map(bareCase).join("\n")}
    *) return 1 ;;
  esac
}

_tauplus_words() {
  case "$1 $2" in
${model.flatMap(wordCases).join("\n")}
  esac
}

${IN_PROJECT}

# $1 is the place of the command among the words.
_tauplus_complete() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local name=\${COMP_WORDS[$1]} flag= before= values= place= word i
  local IFS=$' \\t\\n'
  COMPREPLY=()
  if ((COMP_CWORD == $1)); then
    COMPREPLY=($(compgen -W "$_tauplus_names" -- "$cur"))
    return
  fi
  # Readline makes a word of its own of =, unless it was told not to.
  if [[ $cur == '=' ]]; then
    flag=$prev cur=
  elif [[ $prev == '=' ]]; then
    flag=\${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $cur == --*=* ]]; then
    flag=\${cur%%=*} before=$flag= cur=\${cur#*=}
  elif [[ $prev == --* ]]; then
    flag=--$(_tauplus_plain "$prev")
    if _tauplus_bare "$name" "$flag"; then flag=; fi
  fi
  if [[ -n $flag ]]; then
    _tauplus_values "$name" "--$(_tauplus_plain "$flag")"
    if [[ -n $place ]]; then
      IFS=$'\\n'
      case $place in
        run-path) COMPREPLY=($(compgen -W "$(_tauplus_runs)" -- "$cur")) ;;
        directory-path) COMPREPLY=($(compgen -d -- "$cur")) ;;
        *) COMPREPLY=($(compgen -f -- "$cur")) ;;
      esac
      [[ $place == run-path ]] || compopt -o filenames 2>/dev/null
    else
      COMPREPLY=($(compgen -W "$values" -- "$cur"))
    fi
    for i in "\${!COMPREPLY[@]}"; do COMPREPLY[i]=$before\${COMPREPLY[i]}; done
    return
  fi
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$(_tauplus_flags "$name")" -- "$cur"))
    [[ \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
    return
  fi
  word=0
  for ((i = $1 + 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -* ]] || word=$((word + 1))
  done
  COMPREPLY=($(compgen -W "$(_tauplus_words "$name" "$word")" -- "$cur"))
}

# --tau-plus is --tau_plus.
_tauplus_plain() {
  local name=\${1#--}
  printf '%s' "\${name//-/_}"
}

_tauplus_runs() {
  local run
  for run in runs/*/config.json; do
    [[ -f $run ]] && printf '%s\\n' "\${run%/config.json}"
  done
}

_tauplus() {
  _tauplus_complete 1
}

_tauplus_deno() {
  if [[ \${COMP_WORDS[1]} == task ]] && ((COMP_CWORD > 2)) &&
    [[ " $_tauplus_names " == *" \${COMP_WORDS[2]} "* ]] && _tauplus_here; then
    _tauplus_complete 2
  elif [[ -n $_tauplus_deno_before ]]; then
    "$_tauplus_deno_before" "$@"
  fi
}

complete -F _tauplus tauplus
if ! complete -p deno >/dev/null 2>&1 && declare -F _completion_loader >/dev/null; then
  _completion_loader deno >/dev/null 2>&1
fi
if [[ $(complete -p deno 2>/dev/null) =~ -F\\ ([^ ]+) && \${BASH_REMATCH[1]} != _tauplus_deno ]]; then
  _tauplus_deno_before=\${BASH_REMATCH[1]}
fi
complete -o bashdefault -o default -F _tauplus_deno deno
`;
}

const written = ({ flag, bare }: CompletionOption) => bare ? flag : `${flag}=`;

function flagsCase({ name, options }: CompletionCommand): string {
  return `    ${name}) printf '%s\\n' ${options.map(written).join(" ")} ;;`;
}

function valuesCases({ name, options }: CompletionCommand): string[] {
  return options.flatMap(({ flag, values, place }) => {
    if (place) return [`    '${name} ${flag}') place=${place} ;;`];
    return values.length > 0 ? [`    '${name} ${flag}') values='${values.join(" ")}' ;;`] : [];
  });
}

function bareCase({ name, options }: CompletionCommand): string {
  const flags = options.filter(({ bare }) => bare).map(({ flag }) => `'${name} ${flag}'`);
  return `    ${flags.join(" | ")}) ;;`;
}

function wordCases({ name, verbs, names }: CompletionCommand): string[] {
  return [verbs, names].flatMap((words, place) =>
    words.length > 0 ? [`    '${name} ${place}') printf '%s\\n' ${words.join(" ")} ;;`] : []
  );
}
