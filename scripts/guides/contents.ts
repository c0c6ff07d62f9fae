import { readdir, readFile } from 'node:fs/promises';
import { basename, relative, resolve } from 'node:path';
import { parse } from 'yaml';

/** A page: a Markdown file, and where it is served below `/guides`. */
export type Entry = { readonly slug: string; readonly file: string };
export type Section = { readonly title: string; readonly entries: readonly Entry[] };

/** In `contents.yaml`: the name of a file beside it, or a file anywhere with a name of its own. */
type Listed = string | { readonly file: string; readonly slug: string };

/** The page at `/guides` itself. */
const INDEX = 'README.md';
/** Where pages go that nobody has listed, so that none is left out. */
const UNLISTED = 'More';

/**
 * The sections of `contents.yaml`, with a last one for the Markdown files beside it that it does
 * not name.
 */
export async function readContents(directory: string): Promise<readonly Section[]> {
  const { sections } = parse(await readFile(resolve(directory, 'contents.yaml'), 'utf8')) as {
    sections: readonly { title: string; pages: readonly Listed[] }[];
  };
  const listed = sections.map(
    ({ title, pages }): Section => ({
      title,
      entries: pages.map((page) => toEntry(directory, page)),
    }),
  );
  const known = new Set(listed.flatMap(({ entries }) => entries.map(({ file }) => file)));
  const others = (await readdir(directory))
    .filter((name) => name.endsWith('.md') && name !== INDEX)
    .sort()
    .map((name) => toEntry(directory, basename(name, '.md')))
    .filter(({ file }) => !known.has(file));
  return others.length === 0 ? listed : [...listed, { title: UNLISTED, entries: others }];
}

export function indexEntry(directory: string): Entry {
  return { slug: '', file: resolve(directory, INDEX) };
}

function toEntry(directory: string, page: Listed): Entry {
  return typeof page === 'string'
    ? { slug: page, file: resolve(directory, `${page}.md`) }
    : { slug: page.slug, file: resolve(directory, page.file) };
}

export function addressOf({ slug }: Entry): string {
  return slug === '' ? '/guides' : `/guides/${slug}`;
}

/** How a file is named in messages. */
export function shortName(file: string): string {
  return relative(process.cwd(), file);
}
