import packageJson from '../../package.json' with { type: 'json' };
import { ApiError } from './api-client.ts';
import { EXIT, UsageError, type ExitCode } from './command.ts';
import { COMMANDS } from './commands.ts';
import { helpText } from './help.ts';
import { parse } from './parse.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { StartError } from '../base/start-error.ts';

async function main(argv: readonly string[], terminal: Terminal): Promise<ExitCode | void> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === 'version')) {
    process.stdout.write(`${packageJson.version}\n`);
    return;
  }
  const parsed = parse(argv, COMMANDS);
  if (parsed.kind === 'help') {
    process.stdout.write(`${helpText(parsed.path, COMMANDS, terminal.style)}\n`);
    return;
  }
  const run = await parsed.command.load();
  try {
    return await run(parsed.input, { terminal, commands: COMMANDS });
  } catch (error) {
    if (error instanceof UsageError) error.command = parsed.command.path;
    throw error;
  }
}

/** Says what went wrong, as the machine or the person who asked can read it. */
function explain(error: unknown, terminal: Terminal): ExitCode {
  const isUsage = error instanceof UsageError;
  if (!isUsage && !(error instanceof StartError) && !(error instanceof ApiError)) throw error;
  const problem = error instanceof ApiError ? error.problem : undefined;
  if (terminal.isJson) {
    terminal.error(JSON.stringify(problem ?? { detail: error.message }));
  } else {
    terminal.error(isUsage ? `posthorn: ${error.message}` : error.message);
    for (const { pointer, detail } of problem?.errors ?? [])
      terminal.error(`  ${pointer}  ${detail}`);
    if (problem?.status === 401) terminal.error('Give a key with POSTHORN_API_KEY or --api-key.');
    if (isUsage) terminal.error(helpHint(error));
  }
  return isUsage ? EXIT.usage : EXIT.failed;
}

function helpHint({ command }: UsageError): string {
  return command === ''
    ? 'posthorn --help lists the commands.'
    : `posthorn ${command} --help shows its options.`;
}

/** The reader may have read enough, as `head` does. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.ok);
  });
}

const argv = process.argv.slice(2);
const terminal = createTerminal({ isJson: argv.includes('--json') });
main(argv, terminal)
  .catch((error: unknown) => explain(error, terminal))
  .then((code) => {
    if (code !== undefined) process.exitCode = code;
  });
