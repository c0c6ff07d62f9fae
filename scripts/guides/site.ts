import { access, readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { addressOf, indexEntry, readContents, shortName, type Entry } from './contents.ts';
import { render, type Rendered } from './markdown.ts';

export type Page = Entry & Rendered & { readonly section: string };

export type Site = {
  /** In reading order, the one at `/guides` first. */
  readonly pages: readonly Page[];
  /** Pictures by the name under which they are served. */
  readonly images: ReadonlyMap<string, string>;
  /** What is wrong: links that lead nowhere, pages without a title. */
  readonly faults: readonly string[];
};

/** Where an image is served. */
export const IMAGES = '/guides/assets/images/';

type Reference = { readonly from: Entry; readonly to: Entry; readonly anchor: string };

/** Reads and renders every page below a folder of Markdown, and checks every link between them. */
export async function readSite(directory: string): Promise<Site> {
  const sections = await readContents(directory);
  const entries = [
    { ...indexEntry(directory), section: '' },
    ...sections.flatMap(({ title, entries: list }) =>
      list.map((entry) => ({ ...entry, section: title })),
    ),
  ];
  const byFile = new Map(entries.map((entry) => [entry.file, entry]));
  const images = new Map<string, string>();
  const faults: string[] = [];
  const references: Reference[] = [];
  const files: { from: string; file: string }[] = [];
  const pages: Page[] = [];
  for (const entry of entries) {
    const source = await readFile(entry.file, 'utf8').catch(() => undefined);
    if (source === undefined) {
      faults.push(`contents.yaml names ${shortName(entry.file)}, which does not exist`);
      continue;
    }
    const resolveLink = (href: string, kind: 'link' | 'image'): string | undefined => {
      if (/^[a-z]+:/.test(href)) return href;
      const [path = '', anchor = ''] = href.split('#');
      const file = path === '' ? entry.file : resolve(dirname(entry.file), decodeURI(path));
      if (kind === 'image') {
        images.set(basename(file), file);
        return IMAGES + basename(file);
      }
      const to = byFile.get(file);
      if (to === undefined) {
        files.push({ from: entry.file, file });
        return undefined;
      }
      references.push({ from: entry, to, anchor });
      return `${path === '' ? '' : addressOf(to)}${anchor === '' ? '' : `#${anchor}`}`;
    };
    pages.push({ ...entry, ...render(source, resolveLink) });
  }
  faults.push(...findDeadAnchors(pages, references), ...(await findMissingFiles(files, images)));
  return { pages, images, faults };
}

function findDeadAnchors(pages: readonly Page[], references: readonly Reference[]): string[] {
  const faults = pages
    .filter(({ headings }) => headings[0]?.level !== 1)
    .map(({ file }) => `${shortName(file)} does not begin with a title`);
  const anchors = new Map(
    pages.map(({ file, headings }) => [file, new Set(headings.map(({ id }) => id))]),
  );
  for (const { from, to, anchor } of references) {
    if (anchor === '' || anchors.get(to.file)?.has(anchor) === true) continue;
    faults.push(
      `${shortName(from.file)} links to ${shortName(to.file)}#${anchor}, which does not exist`,
    );
  }
  return faults;
}

async function findMissingFiles(
  files: readonly { from: string; file: string }[],
  images: ReadonlyMap<string, string>,
): Promise<string[]> {
  const wanted = [...files, ...[...images.values()].map((file) => ({ from: 'a page', file }))];
  const faults = await Promise.all(
    wanted.map(async ({ from, file }) => {
      const exists = await access(file).then(
        () => true,
        () => false,
      );
      return exists ? [] : [`${shortName(from)} links to ${shortName(file)}, which does not exist`];
    }),
  );
  return faults.flat();
}
