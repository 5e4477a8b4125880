/**
 * Completions for fish.
 *
 * @module
 */
import type { CompletionCommand, CompletionModel, CompletionOption } from "./model.ts";

export function fishScript(model: CompletionModel): string {
  return `\
# fish completions of tauplus, for \`tauplus …\` and for \`deno task …\` in its folder.
# Write them to a file that fish sources:
#   deno task completions fish >~/.config/fish/conf.d/tauplus.fish

# Whether deno task runs tasks of tauplus here: the nearest deno.json decides.
function __tauplus_here
    set -l folder $PWD
    while not test -f $folder/deno.json
        test -n "$folder"; or return 1
        set folder (string replace -r '/[^/]*$' '' -- $folder)
    end
    command grep -q '"name": *"@tauplus/tauplus"' $folder/deno.json
end

# The words from the command on.
function __tauplus_words
    set -l words (commandline -opc)
    if test "$words[1]" = deno
        test "$words[2]" = task; and __tauplus_here; and string join -- \\n $words[3..-1]
    else
        string join -- \\n $words[2..-1]
    end
end

function __tauplus_in
    set -l words (__tauplus_words)
    test "$words[1]" = $argv[1]
end

# Whether so many words that are no flags follow the command.
function __tauplus_at
    set -l words (__tauplus_words)
    test "$words[1]" = $argv[1]; and test (count (string match -v -- '-*' $words)) = (math $argv[2] + 1)
end

function __tauplus_runs
    for config in runs/*/config.json
        string replace -r '/config.json$' '' -- $config
    end
end

complete -c tauplus -f
${
    model.map(({ name, summary }) =>
      `complete -c tauplus -n 'test -z "$(__tauplus_words)"' -a ${name} -d ${quoted(summary)}`
    ).join("\n")
  }
${model.map(commandLines).join("\n")}
`;
}

function commandLines({ name, verbs, names, options }: CompletionCommand): string {
  const line = (condition: string, rest: string) =>
    `complete -c tauplus -c deno -n '${condition}' ${rest}`;
  const words = [verbs, names].flatMap((words, place) =>
    words.length > 0 ? [line(`__tauplus_at ${name} ${place}`, `-f -a '${words.join(" ")}'`)] : []
  );
  return [
    ...words,
    ...options.map((option) => line(`__tauplus_in ${name}`, optionText(option))),
  ].join("\n");
}

function optionText({ flag, description, values, place, bare }: CompletionOption): string {
  const name = `-l ${flag.slice(2)} -d ${quoted(description)}`;
  switch (place) {
    case "run-path":
      return `${name} -x -a '(__tauplus_runs)'`;
    case "directory-path":
      return `${name} -x -a '(__fish_complete_directories)'`;
    case "file-path":
      return `${name} -r -F`;
    default:
      if (bare) return name;
      return values.length > 0 ? `${name} -x -a '${values.join(" ")}'` : `${name} -x`;
  }
}

const quoted = (text: string) => `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
