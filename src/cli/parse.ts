import { parseArgs } from 'node:util';
import {
  argumentText,
  optionsOf,
  UsageError,
  type CommandSpec,
  type Input,
  type OptionSpec,
} from './command.ts';
import { findNearest } from './nearest.ts';

/** The request: a command to run, or help on one command, a group of them, or on all. */
export type Parsed =
  | { readonly kind: 'run'; readonly command: CommandSpec; readonly input: Input }
  | { readonly kind: 'help'; readonly path: string };

const HELP = ['--help', '-h', 'help'];

/**
 * Reads a command line against the table. The command's words come first; nothing at all is `serve`.
 *
 * @throws UsageError saying what is not understood, and what may have been meant
 */
export function parse(argv: readonly string[], commands: readonly CommandSpec[]): Parsed {
  const [first, ...rest] = argv;
  if (first === undefined) return parse(['serve'], commands);
  if (HELP.includes(first)) return { kind: 'help', path: findPath(rest, commands) };
  if (first.startsWith('-')) {
    throw new UsageError(`the command comes before its options: posthorn <command> ${first} …`);
  }
  const path = findPath(argv, commands);
  const words = argv.slice(path.split(' ').length);
  const command = commands.find((candidate) => candidate.path === path);
  if (words.some((word) => HELP.slice(0, 2).includes(word))) return { kind: 'help', path };
  if (command === undefined) {
    const verbs = commandsBelow(path, commands).map((below) => below.path.slice(path.length + 1));
    throw new UsageError(`posthorn ${path} needs one of: ${verbs.join(', ')}`);
  }
  try {
    return { kind: 'run', command, input: readInput(command, words) };
  } catch (error) {
    if (error instanceof UsageError) error.command = path;
    throw error;
  }
}

/** Those that begin with these words. */
export function commandsBelow(
  path: string,
  commands: readonly CommandSpec[],
): readonly CommandSpec[] {
  return path === '' ? commands : commands.filter((command) => command.path.startsWith(`${path} `));
}

/** The words that lead to a command, or to a group of them. */
function findPath(argv: readonly string[], commands: readonly CommandSpec[]): string {
  let path = '';
  for (const word of argv) {
    const below = commandsBelow(path, commands);
    if (below.length === 0 || word.startsWith('-')) break;
    const depth = path === '' ? 0 : path.split(' ').length;
    const names = [...new Set(below.map((command) => command.path.split(' ')[depth] ?? ''))];
    if (!names.includes(word)) {
      const given = path === '' ? word : `${path} ${word}`;
      const prefix = path === '' ? '' : `${path} `;
      throw new UsageError(
        `there is no command ${given}${meant(findNearest(word, names), (name) => prefix + name)}`,
      );
    }
    path = path === '' ? word : `${path} ${word}`;
  }
  return path;
}

function meant(nearest: string | undefined, say: (name: string) => string): string {
  return nearest === undefined ? '' : `; did you mean ${say(nearest)}?`;
}

function readInput(command: CommandSpec, words: readonly string[]): Input {
  const options = optionsOf(command);
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      Object.entries(options).map(
        ([name, { value }]) =>
          [name, { type: value === undefined ? 'boolean' : 'string' }] as const,
      ),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const args: string[] = [];
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') args.push(token.value);
    if (token.kind === 'option') readOption(token, options, values);
  }
  checkArguments(command, args);
  return {
    args,
    text: (name) => values.get(name)?.at(-1),
    list: (name) => values.get(name) ?? [],
    has: (name) => values.has(name),
  };
}

type OptionToken = {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
};

function readOption(
  { name, rawName, value, inlineValue }: OptionToken,
  options: Readonly<Record<string, OptionSpec>>,
  values: Map<string, string[]>,
): void {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) {
    const nearest = findNearest(name, Object.keys(options));
    throw new UsageError(`there is no option ${rawName}${meant(nearest, (found) => `--${found}`)}`);
  }
  if (option.value === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
    values.set(name, []);
    return;
  }
  const isMissing = value === undefined || (inlineValue !== true && /^-./.test(value));
  if (isMissing) throw new UsageError(`${rawName} needs a value: ${rawName} <${option.value}>`);
  checkChoice(rawName, value, option.choices);
  if (option.isRepeatable !== true && values.has(name)) {
    throw new UsageError(`${rawName} is given twice`);
  }
  values.set(name, [...(values.get(name) ?? []), value]);
}

function checkArguments({ path, args: specs = [] }: CommandSpec, args: readonly string[]): void {
  const missing = specs.find((spec, index) => spec.isOptional !== true && args.length <= index);
  if (missing !== undefined) {
    throw new UsageError(`posthorn ${path} needs ${argumentText(missing)}`);
  }
  const last = specs.at(-1);
  const surplus = last?.isRepeatable === true ? undefined : args[specs.length];
  if (surplus !== undefined) throw new UsageError(`posthorn ${path} takes no ${surplus}`);
  for (const [index, arg] of args.entries()) {
    const spec = specs[index] ?? last;
    checkChoice(`<${spec?.name}>`, arg, spec?.choices);
  }
}

function checkChoice(what: string, value: string, choices: readonly string[] | undefined): void {
  if (choices === undefined || choices.includes(value)) return;
  const nearest = findNearest(value, choices);
  const hint = meant(nearest, (choice) => choice);
  throw new UsageError(`${what} is one of ${choices.join(', ')}${hint}`);
}
