/**
 * Writes what of the SDKs follows from openapi.yaml: types, a method for each operation, and the
 * list of operations in their READMEs. With `--check` it writes nothing and fails when a file is not
 * what it would write.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { fillMarkers } from './generate/markers.ts';
import { goFiles } from './sdk/go.ts';
import { methodTable } from './sdk/method-table.ts';
import { readApi } from './sdk/operations.ts';
import { pythonFiles } from './sdk/python.ts';
import { typescriptFiles } from './sdk/typescript.ts';

const ROOT = new URL('../', import.meta.url);
const DOCUMENT = new URL('openapi.yaml', ROOT);
const LANGUAGES = ['typescript', 'python', 'go'] as const;

async function read(path: string): Promise<string | undefined> {
  return readFile(new URL(path, ROOT), 'utf8').catch(() => undefined);
}

const {
  values: { check },
} = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const api = readApi(parse(await readFile(DOCUMENT, 'utf8')));
const files = [...(await typescriptFiles(api, DOCUMENT)), ...pythonFiles(api), ...goFiles(api)];
for (const language of LANGUAGES) {
  const path = `sdk/${language}/README.md`;
  files.push([path, fillMarkers((await read(path)) ?? '', 'methods', methodTable(api, language))]);
}

const stale: string[] = [];
for (const [path, content] of files) {
  if ((await read(path)) === content) continue;
  stale.push(path);
  if (check) continue;
  const target = new URL(path, ROOT);
  await mkdir(new URL('.', target), { recursive: true });
  await writeFile(target, content);
}
if (stale.length === 0) {
  process.stdout.write('The SDKs are up to date.\n');
} else if (check) {
  process.stderr.write(
    `Not up to date: ${stale.join(', ')}. Run npm run generate:sdks and commit.\n`,
  );
  process.exitCode = 1;
} else {
  process.stdout.write(`Wrote ${stale.join(', ')}.\n`);
}
