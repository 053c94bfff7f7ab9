import type { Argument, Command, Option } from 'commander';

/** What may stand where a value is expected. */
export type Takes =
  | { readonly kind: 'nothing' | 'text' | 'file' | 'folder' | 'product' }
  | { readonly kind: 'choices'; readonly choices: readonly string[] };

/** What can be completed of one command: its own commands, options and first argument. */
export interface Completions {
  /** The words that lead to it: none for `weft` itself, `key create`. */
  readonly words: readonly string[];
  readonly description: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly {
    readonly flags: readonly string[];
    readonly description: string;
    readonly takes: Takes;
  }[];
  readonly argument: Takes;
}

/** Where a command stands, as the scripts tell it from its words: `key create` -> `/key/create`. */
export function placeOf(words: readonly string[]): string {
  return words.map((word) => `/${word}`).join('');
}

/** For scripts whose shell has `case`: what may stand behind each option that takes a value. */
export function valueCases(all: readonly Completions[], reply: (takes: Takes) => string): string[] {
  return all.flatMap(({ words, options }) =>
    options
      .filter(({ takes }) => takes.kind !== 'nothing')
      .map(
        ({ flags, takes }) =>
          `    ${flags.map((flag) => `"${placeOf(words)} ${flag}"`).join('|')}) ${reply(takes)}; return ;;`,
      ),
  );
}

/** Every command of the program with what completes it, the program itself first; hidden ones are left out. */
export function completions(program: Command): Completions[] {
  return visit(program, [], []);
}

function visit(command: Command, words: readonly string[], inherited: readonly Option[]): Completions[] {
  const help = command.createHelp();
  const options = [...command.options, ...inherited].filter((option) => !option.hidden);
  const commands = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  const own: Completions = {
    words,
    description: command.description(),
    commands: commands.map((one) => ({ name: one.name(), description: one.description() })),
    options: [
      ...options.map((option) => ({
        flags: [option.short, option.long].filter((flag) => flag != null),
        description: option.description,
        takes: valueOf(option),
      })),
      { flags: ['-h', '--help'], description: 'show the help', takes: { kind: 'nothing' } },
    ],
    argument: argumentOf(command.registeredArguments[0]),
  };
  return [own, ...commands.flatMap((one) => visit(one, [...words, one.name()], options))];
}

function valueOf({ required, optional, argChoices, flags }: Option): Takes {
  if (!required && !optional) return { kind: 'nothing' };
  return argChoices === undefined
    ? named(/[<[]([^>\]]+)/.exec(flags)?.[1] ?? '')
    : { kind: 'choices', choices: argChoices };
}

function argumentOf(argument: Argument | undefined): Takes {
  if (argument === undefined) return { kind: 'nothing' };
  return argument.argChoices === undefined ? named(argument.name()) : { kind: 'choices', choices: argument.argChoices };
}

/** By the name that the help shows: `<product>`, `<file>`, `<folder>`. */
function named(name: string): Takes {
  if (name === 'product') return { kind: 'product' };
  if (name === 'folder') return { kind: 'folder' };
  return ['file', 'source', 'operation', 'path'].includes(name) ? { kind: 'file' } : { kind: 'text' };
}
