/**
 * Writes every file that follows from another: types from openapi.yaml and from the migrations,
 * .env.example and the guide's table from the configuration, the command line's reference from its
 * table, the guide to the kinds of sources from theirs. With `--check` it writes nothing and fails
 * when a file is not what it would write.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import openapiTypes, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { migrate } from '../src/database/migrate.ts';
import { createLogger } from '../src/base/logger.ts';
import { commandReference } from './generate/cli-docs.ts';
import { configTable, envExample } from './generate/config-docs.ts';
import { fillMarkers } from './generate/markers.ts';
import { kindsGuide } from './generate/sources-docs.ts';
import { tableTypes } from './generate/table-types.ts';
import { startTemporaryPostgres } from './temporary-postgres.ts';

const ROOT = new URL('../', import.meta.url);

async function read(path: string): Promise<string | undefined> {
  return readFile(new URL(path, ROOT), 'utf8').catch(() => undefined);
}

async function fromMigrations(): Promise<[path: string, content: string][]> {
  const postgres = await startTemporaryPostgres();
  try {
    await migrate(postgres.url, { logger: createLogger({ logLevel: 'error' }) });
    return [['src/database/tables.ts', await tableTypes(postgres.url)]];
  } finally {
    await postgres.stop();
  }
}

async function fromOpenApi(): Promise<[path: string, content: string][]> {
  const types = await openapiTypes(new URL('openapi.yaml', ROOT));
  return [['src/openapi/generated.ts', `${COMMENT_HEADER}${astToString(types)}`]];
}

async function fromConfig(): Promise<[path: string, content: string][]> {
  const path = 'docs/configuration.md';
  const guide = await read(path);
  return [
    ['.env.example', envExample()],
    ...(guide === undefined
      ? []
      : [[path, fillMarkers(guide, 'configuration', configTable())] as [string, string]]),
  ];
}

async function fromCommands(): Promise<[path: string, content: string][]> {
  const guide = await read('docs/cli.md');
  return guide === undefined
    ? []
    : [['docs/cli.md', fillMarkers(guide, 'commands', commandReference())]];
}

async function fromKinds(): Promise<[path: string, content: string][]> {
  return [['docs/sources-kinds.md', kindsGuide()]];
}

const {
  values: { check },
} = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const files = (
  await Promise.all([fromConfig(), fromCommands(), fromKinds(), fromOpenApi(), fromMigrations()])
).flat();
const stale: string[] = [];
for (const [path, content] of files) {
  if ((await read(path)) === content) continue;
  stale.push(path);
  if (!check) await writeFile(new URL(path, ROOT), content);
}
if (stale.length === 0) {
  process.stdout.write('Generated files are up to date.\n');
} else if (check) {
  process.stderr.write(`Not up to date: ${stale.join(', ')}. Run npm run generate and commit.\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`Wrote ${stale.join(', ')}.\n`);
}
