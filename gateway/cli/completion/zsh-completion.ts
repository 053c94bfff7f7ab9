import { type Completions, placeOf, type Takes, valueCases } from './completions.ts';

/** The completion of all commands as a function of zsh's own completion system. */
export function zshCompletion(all: readonly Completions[]): string {
  const paths = all
    .filter(({ words }) => words.length > 0)
    .map(({ words }) => `      "${placeOf(words)}") at="${placeOf(words)}" ;;`);
  const values = valueCases(all, reply);
  const rest = all.flatMap(({ words, commands, options, argument }) => [
    `    "${placeOf(words)} -") ${described(
      'option',
      options.flatMap(({ flags, description }) => flags.map((name) => ({ name, description }))),
    )} ;;`,
    `    "${placeOf(words)} ") ${commands.length > 0 ? described('command', commands) : reply(argument)} ;;`,
  ]);
  return `#compdef weft
# Completion of weft for zsh. Now: source <(weft completion zsh). For good: put this as _weft into a folder of $fpath.
_weft() {
  local at="" word dash=""
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at/$word" in
${paths.join('\n')}
    esac
  done
  case "$at $words[CURRENT-1]" in
${values.join('\n')}
  esac
  [[ "$words[CURRENT]" == -* ]] && dash="-"
  case "$at $dash" in
${rest.join('\n')}
  esac
}
if [[ "$funcstack[1]" == _weft ]]; then _weft; else compdef _weft weft; fi`;
}

function described(what: string, all: readonly { readonly name: string; readonly description: string }[]): string {
  const entries = all.map(({ name, description }) => quoted(`${name.replaceAll(':', '\\:')}:${description}`));
  return `found=(${entries.join(' ')}); _describe ${what} found`;
}

function reply(takes: Takes): string {
  switch (takes.kind) {
    case 'nothing':
    case 'text':
      return ':';
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'product':
      return 'compadd -- ${(f)"$(weft completion-products 2>/dev/null)"}';
    case 'choices':
      return `compadd -- ${takes.choices.map(quoted).join(' ')}`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
