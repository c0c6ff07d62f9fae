import {
  argumentText,
  optionsOf,
  REMOTE_OPTIONS,
  GLOBAL_OPTIONS,
  type CommandSpec,
} from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';

const SHARED = new Set([...Object.keys(REMOTE_OPTIONS), ...Object.keys(GLOBAL_OPTIONS)]);
const cell = (text: string): string => text.replaceAll('|', '\\|');

/** Every command with its options and examples, as its own `--help` has them. */
export function commandReference(): string {
  return COMMANDS.map(section).join('\n\n');
}

function section(command: CommandSpec): string {
  const usage = ['posthorn', command.path, ...(command.args ?? []).map(argumentText)].join(' ');
  const parts = [`### \`${usage}\``, command.summary];
  if (command.details !== undefined) parts.push(command.details.trim());
  const options = Object.entries(optionsOf(command)).filter(([name]) => !SHARED.has(name));
  if (options.length > 0) {
    parts.push(
      [
        '| option | |',
        '|---|---|',
        ...options.map(([name, { value, summary, choices, isRepeatable }]) => {
          const more = [
            ...(choices === undefined
              ? []
              : [`One of ${choices.map((choice) => `\`${choice}\``).join(', ')}.`]),
            ...(isRepeatable === true ? ['Repeatable.'] : []),
          ];
          const text = value === undefined ? `--${name}` : `--${name} <${value}>`;
          return `| \`${text}\` | ${cell([summary, ...more].join(' '))} |`;
        }),
      ].join('\n'),
    );
  }
  const examples = command.examples.map(([line, meaning]) => `# ${meaning}\n${line}`);
  if (examples.length > 0) parts.push(['```sh', ...examples, '```'].join('\n'));
  return parts.join('\n\n');
}
