/**
 * Builds the documentation site out of docs/ into dist/guides/, where src/http/guides.ts serves it
 * from. With `--check` it writes nothing, and fails when a link leads nowhere.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { transformWithOxc } from 'vite';
import { addressOf } from './guides/contents.ts';
import { readSite, type Page, type Site } from './guides/site.ts';
import { pageHtml, type Assets } from './guides/template.ts';

const ROOT = new URL('../', import.meta.url);
const TARGET = fileURLToPath(new URL('dist/guides/', ROOT));

const read = (path: string): Promise<string> => readFile(new URL(path, ROOT), 'utf8');

async function readScript(path: string): Promise<string> {
  return (await transformWithOxc(await read(path), path)).code;
}

async function write(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(TARGET + path), { recursive: true });
  await writeFile(TARGET + path, content);
}

/** Writes a file under a name that holds a hash of it, compressed as well, and answers its address. */
async function writeAsset(name: string, content: string): Promise<string> {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 10);
  const path = `assets/${name.replace('.', `-${hash}.`)}`;
  await write(path, content);
  await write(`${path}.br`, brotliCompressSync(content));
  await write(`${path}.gz`, gzipSync(content, { level: 9 }));
  return `/guides/${path}`;
}

async function writeAssets(pages: readonly Page[]): Promise<Assets> {
  const styles = await Promise.all(
    ['src/dashboard/styles/tokens.css', 'src/guides/site.css', 'src/guides/code.css'].map(read),
  );
  return {
    icon: await writeAsset('icon.svg', await read('src/dashboard/icon.svg')),
    style: await writeAsset('site.css', styles.join('\n')),
    theme: await writeAsset('theme.js', await readScript('src/guides/theme.ts')),
    script: await writeAsset('site.js', await readScript('src/guides/site.ts')),
    search: await writeAsset('search.json', JSON.stringify(searchIndex(pages))),
  };
}

/** What the browser searches: each passage with its address. */
function searchIndex(pages: readonly Page[]) {
  return pages.flatMap((page) =>
    page.passages.map(({ heading, text }) => ({
      url: heading.level === 1 ? addressOf(page) : `${addressOf(page)}#${heading.id}`,
      page: page.title,
      heading: heading.text,
      text,
    })),
  );
}

async function writeSite({ pages, images }: Site): Promise<void> {
  await rm(TARGET, { recursive: true, force: true });
  const assets = await writeAssets(pages);
  for (const page of pages) {
    await write(`${page.slug || 'index'}.html`, pageHtml(page, pages, assets));
  }
  for (const [name, file] of images) await write(`assets/images/${name}`, await readFile(file));
}

const {
  values: { check },
} = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const site = await readSite(fileURLToPath(new URL('docs/', ROOT)));
for (const fault of site.faults) process.stderr.write(`${fault}\n`);
if (check) {
  if (site.faults.length > 0) process.exitCode = 1;
} else {
  // What is wrong on a page keeps nobody from reading the others.
  await writeSite(site);
}
