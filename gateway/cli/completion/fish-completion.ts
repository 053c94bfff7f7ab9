import type { Completions, Takes } from './completions.ts';

/** The completion of all commands as lines of fish's `complete`. */
export function fishCompletion(all: readonly Completions[]): string {
  const lines = all.flatMap(({ words, commands, options, argument }) => {
    const when = conditionOf(
      words,
      commands.map(({ name }) => name),
    );
    return [
      ...commands.map(({ name, description }) => `complete -c weft ${when} -fa ${name} -d ${quoted(description)}`),
      ...options.map(({ flags, description, takes }) => {
        const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
        return `complete -c weft ${when} ${names.join(' ')}${value(takes)} -d ${quoted(description)}`;
      }),
      ...(commands.length > 0 || argument.kind === 'nothing'
        ? []
        : [`complete -c weft ${when}${value(argument, '-f')}`]),
    ];
  });
  return `# Completion of weft for fish. Now: weft completion fish | source. For good: put this into ~/.config/fish/completions/weft.fish
complete -c weft -f
${lines.join('\n')}`;
}

function conditionOf(words: readonly string[], commands: readonly string[]): string {
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  const unseen = commands.length > 0 ? [`not __fish_seen_subcommand_from ${commands.join(' ')}`] : [];
  return `-n ${quoted([...seen, ...unseen].join('; and '))}`;
}

function value(takes: Takes, otherwise = ''): string {
  switch (takes.kind) {
    case 'nothing':
      return otherwise;
    case 'text':
      return otherwise === '' ? ' -x' : ` ${otherwise}`;
    case 'file':
      return otherwise === '' ? ' -rF' : ' -F';
    case 'folder':
      return ` -xa '(__fish_complete_directories)'`;
    case 'product':
      return ` -xa '(weft completion-products 2>/dev/null)'`;
    case 'choices':
      return ` -xa ${quoted(takes.choices.join(' '))}`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
