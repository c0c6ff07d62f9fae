import { runKeys } from './cli/keys.ts';
import { runSecrets } from './cli/secrets.ts';
import { runTypes } from './cli/types.ts';
import { StartError } from './start-error.ts';

const USAGE = `usage: posthorn <command>

  serve               API and workers in one process
  api | worker        one of them
  migrate             bring the database up to date, and end
  cleanup             drop what is past retention, and end
  keys create         make an API key   [--name <text>] [--scopes admin,publish,read]
                                        [--tenant <name>] [--expires-in <days>d]
  keys list           list the API keys
  keys revoke <id>    end an API key
  secrets reseal      encrypt every signing secret with the first key of SECRET_ENCRYPTION_KEY,
                      so that the others can be taken away
  types check <file>  fail on what breaks consumers of event types  [--against <url|file>]
  types pull          the catalogue, as an OpenAPI document         [--out <file>]
  types generate      TypeScript types of the catalogue             [--from <file>] [--out <file>]
  types import <file> take event types from an OpenAPI document     [--dry-run] [--allow-breaking]

Settings are read from the environment; .env.example describes them.
`;

async function main([command = 'serve', ...rest]: readonly string[]): Promise<void> {
  if (command === 'help' || command === '--help' || command === '-h') {
    process.stdout.write(USAGE);
  } else if (command === 'keys') {
    await runKeys(rest);
  } else if (command === 'secrets') {
    await runSecrets(rest);
  } else if (command === 'types') {
    await runTypes(rest);
  } else {
    // What remains is a role, which main reads from the command line.
    process.argv.splice(2, Infinity, command === 'serve' ? 'all' : command, ...rest);
    await import('./main.ts');
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
