import type { Terminal } from './terminal.ts';

/** An option. With a `value` it takes one, which help calls by that name; without, it is a switch. */
export type OptionSpec = {
  readonly summary: string;
  readonly value?: string;
  /** May be given several times. */
  readonly isRepeatable?: boolean;
  readonly choices?: readonly string[];
};

export type ArgumentSpec = {
  readonly name: string;
  readonly isOptional?: boolean;
  /** Takes all that follow. */
  readonly isRepeatable?: boolean;
  readonly choices?: readonly string[];
};

/** One command. Parsing, help and completion all come from here. */
export type CommandSpec = {
  /** Its words, such as `subscriptions list`. */
  readonly path: string;
  readonly summary: string;
  readonly details?: string;
  readonly args?: readonly ArgumentSpec[];
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** Whether it talks to a running Posthorn, and so takes `--url` and `--api-key`. */
  readonly isRemote?: boolean;
  /** A line to type, and what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** The implementation, loaded on demand. */
  readonly load: () => Promise<Run>;
};

export type Run = (input: Input, context: Context) => Promise<ExitCode | void>;

/** The parsed command line, checked against the command's table entry. */
export type Input = {
  readonly args: readonly string[];
  /** The option's last value. */
  text(name: string): string | undefined;
  /** Every value of a repeatable option. */
  list(name: string): readonly string[];
  has(name: string): boolean;
};

export type Context = {
  readonly terminal: Terminal;
  readonly commands: readonly CommandSpec[];
};

/**
 * - 0: done, or stopped by the one who watched
 * - 1: it failed, or what was looked at is not well
 * - 2: the command line was not understood
 * - 130: interrupted before it was done
 */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command line is not understood. The message is complete; ends with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** The words of the command it is about, where that is known. */
  command = '';
}

export const GLOBAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  json: { summary: 'Print JSON for machines; one document a line where there are many.' },
  help: { summary: 'Show this.' },
};

export const REMOTE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  url: { value: 'url', summary: 'Where Posthorn is. POSTHORN_URL, or http://127.0.0.1:3000.' },
  'api-key': {
    value: 'key',
    summary: 'The API key. POSTHORN_API_KEY, which other users of the machine cannot see.',
  },
};

/** Every option the command takes, its own first. */
export function optionsOf(command: CommandSpec): Readonly<Record<string, OptionSpec>> {
  return {
    ...command.options,
    ...(command.isRemote === true && REMOTE_OPTIONS),
    ...GLOBAL_OPTIONS,
  };
}

export function argumentText({ name, isOptional, isRepeatable }: ArgumentSpec): string {
  const text = isRepeatable === true ? `${name}...` : name;
  return isOptional === true ? `[${text}]` : `<${text}>`;
}
