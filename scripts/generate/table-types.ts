import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CLI = fileURLToPath(new URL('../../node_modules/.bin/kysely-codegen', import.meta.url));

/** What src/database/tables.ts should be for the schema of this database. */
export async function tableTypes(url: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-tables-'));
  try {
    const file = join(folder, 'tables.ts');
    await promisify(execFile)(CLI, [
      '--dialect',
      'postgres',
      '--url',
      url,
      '--out-file',
      file,
      '--default-schema',
      'posthorn',
      '--include-pattern',
      'posthorn.*',
      '--exclude-pattern',
      'posthorn.migrations',
    ]);
    return await readFile(file, 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}
