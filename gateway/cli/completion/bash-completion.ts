import { type Completions, placeOf, type Takes, valueCases } from './completions.ts';

/** The completion of all commands as a script for bash, 3.2 and later: no function of bash-completion is needed. */
export function bashCompletion(all: readonly Completions[]): string {
  const paths = all
    .filter(({ words }) => words.length > 0)
    .map(({ words }) => `      "${placeOf(words)}") at=${placeOf(words)} ;;`);
  const values = valueCases(all, reply);
  const flags = all.map(
    ({ words, options }) =>
      `      "${placeOf(words)}") ${reply(choices(options.flatMap((option) => option.flags)))} ;;`,
  );
  const rest = all.map(({ words, commands, argument }) => {
    const takes = commands.length > 0 ? choices(commands.map(({ name }) => name)) : argument;
    return `      "${placeOf(words)}") ${reply(takes)} ;;`;
  });
  return `# Completion of weft for bash. Now: source <(weft completion bash). For good: put this into
# ~/.local/share/bash-completion/completions/weft
_weft() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="" word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at/$word" in
${paths.join('\n')}
    esac
  done
  case "$at $prev" in
${values.join('\n')}
  esac
  if [[ "$cur" == -* ]]; then
    case "$at" in
${flags.join('\n')}
    esac
  else
    case "$at" in
${rest.join('\n')}
    esac
  fi
}
complete -o filenames -F _weft weft`;
}

function choices(of: readonly string[]): Takes {
  return { kind: 'choices', choices: of };
}

function reply(takes: Takes): string {
  switch (takes.kind) {
    case 'nothing':
    case 'text':
      return ':';
    case 'file':
      return 'COMPREPLY=($(compgen -f -- "$cur"))';
    case 'folder':
      return 'COMPREPLY=($(compgen -d -- "$cur"))';
    case 'product':
      return 'compopt +o filenames 2>/dev/null; COMPREPLY=($(compgen -W "$(weft completion-products 2>/dev/null)" -- "$cur"))';
    case 'choices':
      return `COMPREPLY=($(compgen -W "${takes.choices.join(' ')}" -- "$cur"))`;
  }
}
