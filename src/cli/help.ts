import { argumentText, optionsOf, type CommandSpec, type OptionSpec } from './command.ts';
import { commandsBelow } from './parse.ts';
import type { Terminal } from './terminal.ts';

/** Help on one command, a group of them, or on all. */
export function helpText(
  path: string,
  commands: readonly CommandSpec[],
  style: Terminal['style'],
): string {
  const command = commands.find((candidate) => candidate.path === path);
  return command === undefined
    ? helpOnGroup(path, commandsBelow(path, commands), style)
    : helpOnCommand(command, style);
}

function helpOnGroup(
  path: string,
  commands: readonly CommandSpec[],
  style: Terminal['style'],
): string {
  const rows = commands.map((command): readonly [string, string] => [
    [command.path, ...(command.args ?? []).map(argumentText)].join(' '),
    command.summary,
  ]);
  const name = path === '' ? 'posthorn' : `posthorn ${path}`;
  return [
    `${style('bold', 'usage:')} ${name} <command>`,
    '',
    ...columns(rows),
    '',
    `posthorn ${path === '' ? '' : `${path} `}<command> --help shows a command's options and examples.`,
    ...(path === ''
      ? ['Settings of serve, api, worker, migrate and doctor are read from the environment.']
      : []),
  ].join('\n');
}

function helpOnCommand(command: CommandSpec, style: Terminal['style']): string {
  const options = Object.entries(optionsOf(command));
  const args = (command.args ?? []).map(argumentText);
  const lines = [
    `${style('bold', 'usage:')} ${['posthorn', command.path, ...args].join(' ')} [options]`,
    '',
    command.summary,
  ];
  if (command.details !== undefined) lines.push('', command.details.trim());
  lines.push('', style('bold', 'options:'));
  lines.push(
    ...columns(options.map(([name, option]) => [optionText(name, option), describe(option)])),
  );
  if (command.examples.length > 0) lines.push('', style('bold', 'examples:'));
  for (const [line, meaning] of command.examples) {
    lines.push(`  ${style('dim', `# ${meaning}`)}`, `  ${line}`);
  }
  return lines.join('\n');
}

function optionText(name: string, { value }: OptionSpec): string {
  return value === undefined ? `--${name}` : `--${name} <${value}>`;
}

function describe({ summary, choices, isRepeatable }: OptionSpec): string {
  const parts = [summary];
  if (choices !== undefined) parts.push(`One of ${choices.join(', ')}.`);
  if (isRepeatable === true) parts.push('Repeatable.');
  return parts.join(' ');
}

const WIDEST = 38;

/** Two columns; what is too wide for the first has a line of its own. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(WIDEST, Math.max(...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) =>
    left.length > width
      ? `  ${left}\n  ${' '.repeat(width)}  ${right}`
      : `  ${left.padEnd(width)}  ${right}`,
  );
}
