/**
 * Completions for zsh.
 *
 * @module
 */
import {
  type CompletionCommand,
  type CompletionModel,
  type CompletionOption,
  IN_PROJECT,
} from "./model.ts";

export function zshScript(model: CompletionModel): string {
  return `\
# zsh completions of tauplus, for \`tauplus …\` and for \`deno task …\` in its folder.
# Write them to a file, and source it in ~/.zshrc, after compinit and Deno's own completions:
#   deno task completions zsh >~/.tauplus.zsh
#   echo 'source ~/.tauplus.zsh' >>~/.zshrc

_tauplus_options() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  case $1 in
${model.map(commandCase).join("\n")}
  esac
}

_tauplus_names() {
  local -a names
  names=(
${model.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join("\n")}
  )
  _describe command names
}

_tauplus_runs() {
  local -a runs
  runs=(runs/*/config.json(N:h))
  compadd -a runs
}

${IN_PROJECT}

_tauplus() {
  if (( CURRENT == 2 )); then
    _tauplus_names
  else
    shift words
    (( CURRENT -= 1 ))
    _tauplus_options $words[1]
  fi
}

_tauplus_deno() {
  local -a names
  names=(${model.map(({ name }) => name).join(" ")})
  if (( CURRENT > 3 && $names[(Ie)$words[3]] )) && [[ $words[2] == task ]] && _tauplus_here; then
    shift 2 words
    (( CURRENT -= 2 ))
    _tauplus_options $words[1]
  elif [[ -n $_tauplus_deno_before ]]; then
    $_tauplus_deno_before "$@"
  else
    _default
  fi
}

compdef _tauplus tauplus
if [[ $_comps[deno] != _tauplus_deno ]]; then
  typeset -g _tauplus_deno_before=$_comps[deno]
fi
compdef _tauplus_deno deno
`;
}

function commandCase({ name, options, verbs, names }: CompletionCommand): string {
  const words = [
    ...verbs.length > 0 ? [`1:word:(${verbs.join(" ")})`] : [],
    ...names.length > 0 ? [`2:name:(${names.join(" ")})`] : [],
  ];
  const specs = [...options.map(spec), ...words].map((text) => `      ${quoted(text)}`);
  return `    ${name}) _arguments -S : \\\n${specs.join(" \\\n")} ;;`;
}

/** As `_arguments` takes it: `--tune=[what it does]:value:(on off)`. */
function spec({ flag, description, values, place, bare }: CompletionOption): string {
  const text = `[${description.replaceAll(/[\\[\]:]/g, "\\$&")}]`;
  if (bare) {
    return values.length > 0 ? `${flag}=-${text}::value:(${values.join(" ")})` : flag + text;
  }
  return `${flag}=${text}:value:${action(values, place)}`;
}

function action(values: readonly string[], place: CompletionOption["place"]): string {
  switch (place) {
    case "run-path":
      return "_tauplus_runs";
    case "directory-path":
      return "_files -/";
    case "file-path":
      return "_files";
    default:
      return values.length > 0 ? `(${values.join(" ")})` : " ";
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
