import { execFile, spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { codeBlocks } from '../../scripts/guides/markdown.ts';
import { startService } from '../helpers/service.ts';

const DOCS = new URL('../../docs/', import.meta.url);
/** Where the guides say that the service is. */
const ADDRESS = /http:\/\/127\.0\.0\.1:3000/g;

type Block = {
  readonly page: string;
  readonly info: string;
  readonly code: string;
  readonly line: number;
};

async function readBlocks(): Promise<Block[]> {
  const names = (await readdir(DOCS)).filter(
    (name) => name.endsWith('.md') && name !== 'README.md',
  );
  const pages = await Promise.all(
    ['../README.md', ...names.sort()].map(async (page) =>
      codeBlocks(await readFile(new URL(page, DOCS), 'utf8')).map((block) => ({
        page,
        ...block,
      })),
    ),
  );
  return pages.flat();
}

const blocks = await readBlocks();

t.test('the commands of a guide work, one after the other', { timeout: 90_000 }, async (t) => {
  const scripts = Map.groupBy(
    blocks.filter(({ info }) => info === 'sh run'),
    ({ page }) => page,
  );
  t.ok(scripts.size >= 4);
  const { address } = await startService(t);
  for (const [page, parts] of scripts) {
    await t.test(page, async (t) => {
      const script = parts
        .map(({ code }) => code)
        .join('\n')
        .replaceAll(ADDRESS, address);
      const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script]);
      t.match(stdout, /"id":/);
      t.notMatch(stdout, /"code":"/, 'no problem is answered');
      if (/README|quick-start/.test(page)) t.match(stdout, /"status":"delivered"/);
    });
  }
});

t.test('every other shell command is shell', async (t) => {
  const others = blocks.filter(({ info }) => info === 'sh');
  t.ok(others.length > 10);
  for (const { page, line, code } of others) {
    // What the reader fills in, like <id>, would be a redirection.
    const input = code.replaceAll(/<[a-z][a-z _-]*>/g, 'filled-in');
    const { status, stderr } = spawnSync('bash', ['-n'], { input, encoding: 'utf8' });
    t.equal(status, 0, `${page}:${line} ${stderr}`);
  }
});

t.test('data is what it says it is', async (t) => {
  for (const { page, line, info, code } of blocks) {
    if (info === 'json') t.doesNotThrow(() => JSON.parse(code), `${page}:${line}`);
    if (info === 'yaml')
      t.same(
        parseAllDocuments(code).flatMap(({ errors }) => errors),
        [],
        `${page}:${line}`,
      );
  }
});
