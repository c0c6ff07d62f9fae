import { access, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { readContents } from '../../scripts/guides/contents.ts';
import { codeBlocks, render } from '../../scripts/guides/markdown.ts';
import { readSite } from '../../scripts/guides/site.ts';
import { pageHtml } from '../../scripts/guides/template.ts';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const CONTENTS = 'sections:\n  - title: First\n    pages: [one]\n';
const ASSETS = { icon: '/i', style: '/s', theme: '/t', script: '/j', search: '/x' };

t.test('no link of the guides leads nowhere', async (t) => {
  const { faults, pages } = await readSite(DOCS);
  t.same(faults, []);
  t.ok(pages.length > 15);
});

t.test('no link of the README leads nowhere', async (t) => {
  const root = new URL('../../', import.meta.url);
  const links: string[] = [];
  render(await readFile(new URL('README.md', root), 'utf8'), (href) => {
    if (!/^[a-z]+:/.test(href)) links.push(href);
    return href;
  });
  t.ok(links.length > 20);
  for (const link of links) await t.resolves(access(new URL(link, root)), link);
});

t.test('a dead link, a dead anchor and a missing page are found', async (t) => {
  const directory = t.testdir({
    'contents.yaml': `${CONTENTS}  - title: Second\n    pages: [missing]\n`,
    'README.md': '# Index\n',
    'one.md': '# One\n\n[a](two.md) [b](#nowhere) [c](two.md#there) [d](README.md) [e](gone.md)\n',
    'two.md': '## Two\n\n### There\n',
  });
  const { faults } = await readSite(directory);
  t.equal(faults.length, 4);
  t.match(faults.join('\n'), /missing\.md, which does not exist/);
  t.match(faults.join('\n'), /one\.md#nowhere, which does not exist/);
  t.match(faults.join('\n'), /gone\.md, which does not exist/);
  t.match(faults.join('\n'), /two\.md does not begin with a title/);
});

t.test('a page that nobody has listed comes last', async (t) => {
  const directory = t.testdir({
    'contents.yaml': CONTENTS,
    'README.md': '# Index',
    'one.md': '# One',
    'later.md': '# Later',
  });
  const sections = await readContents(directory);
  t.same(
    sections.map(({ title, entries }) => [title, entries.map(({ slug }) => slug)]),
    [
      ['First', ['one']],
      ['More', ['later']],
    ],
  );
});

t.test('links between pages work in the source and on the site', async (t) => {
  const directory = t.testdir({
    'contents.yaml': CONTENTS,
    'README.md': '# Index\n\n[One](one.md#a-part) and [this](../code.ts)',
    'one.md':
      '# One\n\n## A part\n\n[here](#a-part), [back](README.md), [out](https://example.com)',
  });
  const {
    pages: [index, one],
  } = await readSite(directory);
  t.match(
    index?.html,
    '<a href="/guides/one#a-part">One</a> and <span class="repository-file">this</span>',
  );
  t.match(
    one?.html,
    '<a href="#a-part">here</a>, <a href="/guides">back</a>, <a href="https://example.com">out</a>',
  );
});

t.test('headings have the anchors that GitHub gives them', async (t) => {
  const { headings } = render(
    '# A title\n\n## `POST /events`: what, and why?\n\n## Über uns\n\n## Same\n\n## Same\n',
    (href) => href,
  );
  t.same(
    headings.map(({ id }) => id),
    ['a-title', 'post-events-what-and-why', 'über-uns', 'same', 'same-1'],
  );
});

t.test('nothing of a page becomes a script', async (t) => {
  const source = '# <script>alert(1)</script>\n\n```sh\necho "<script>&"\n```\n\n`<b>`\n';
  const rendered = render(source, (href) => href);
  const page = { slug: 'x', file: 'x.md', section: 'S', ...rendered };
  const html = pageHtml(page, [page], ASSETS);
  t.same(html.match(/<script[^>]*>/g), ['<script src="/t">', '<script type="module" src="/j">']);
  t.notMatch(html, /<[^>]+ (style|on\w+)=/);
});

t.test('code blocks come with what their fence says', async (t) => {
  const [block] = codeBlocks('text\n\n```sh run\necho 1\n```\n');
  t.same(block, { info: 'sh run', code: 'echo 1\n', line: 3 });
});
