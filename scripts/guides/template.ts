import { addressOf } from './contents.ts';
import type { Page } from './site.ts';

/** Addresses of the files that every page loads. */
export type Assets = {
  readonly icon: string;
  readonly style: string;
  readonly theme: string;
  readonly script: string;
  readonly search: string;
};

const LOGO =
  '<svg class="logo" viewBox="2 7 27 22" aria-hidden="true" focusable="false">' +
  '<circle cx="13.5" cy="17" r="6.2"/><path d="M4.5 10.8h9"/>' +
  '<path d="M13.5 23.2H20l7 3.3V14.6l-5.2 2.6"/></svg>';

/** One page of the site, whole. Nothing in it is inline: the policy allows neither script nor style. */
export function pageHtml(page: Page, pages: readonly Page[], assets: Assets): string {
  const title = page.slug === '' ? 'Posthorn guides' : `${page.title} · Posthorn`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escape(page.description)}">
<title>${escape(title)}</title>
<link rel="icon" type="image/svg+xml" href="${assets.icon}">
<script src="${assets.theme}"></script>
<link rel="stylesheet" href="${assets.style}">
<script type="module" src="${assets.script}"></script>
</head>
<body>
<a class="skip-link" href="#main">Skip to content</a>
${header(assets)}
<div class="layout">
${navigation(page, pages)}
<main id="main" tabindex="-1">
<article>
${page.html}</article>
${neighbours(page, pages)}
</main>
${onThisPage(page)}
</div>
</body>
</html>
`;
}

function header({ search }: Assets): string {
  return `<header class="top">
<a class="brand" href="/guides">${LOGO}<span>Posthorn</span> <span class="brand-part">Guides</span></a>
<div class="search" role="search" data-index="${search}" hidden>
<input type="search" aria-label="Search the guides" placeholder="Search" autocomplete="off" spellcheck="false">
<p class="search-count visually-hidden" aria-live="polite"></p>
<ul class="search-results" hidden></ul>
</div>
<nav class="top-links" aria-label="Posthorn">
<a href="/">Dashboard</a>
<a href="/docs">API reference</a>
<button type="button" class="theme" hidden>Dark</button>
</nav>
</header>`;
}

function navigation(current: Page, pages: readonly Page[]): string {
  const sections = Map.groupBy(
    pages.filter(({ slug }) => slug !== ''),
    ({ section }) => section,
  );
  const lists = [...sections].map(([title, list]) => {
    const items = list.map((page) => {
      const mark = page.slug === current.slug ? ' aria-current="page"' : '';
      return `<li><a href="${addressOf(page)}"${mark}>${escape(page.title)}</a></li>`;
    });
    return `<p class="contents-section">${escape(title)}</p>\n<ul>\n${items.join('\n')}\n</ul>`;
  });
  return `<nav class="contents" aria-label="Guides">
<details open><summary>Contents</summary>
${lists.join('\n')}
</details>
</nav>`;
}

function onThisPage({ headings }: Page): string {
  const parts = headings.filter(({ level }) => level === 2);
  if (parts.length < 2) return '';
  const items = parts.map(({ id, text }) => `<li><a href="#${id}">${escape(text)}</a></li>`);
  return `<nav class="parts" aria-label="On this page">
<p class="contents-section">On this page</p>
<ul>
${items.join('\n')}
</ul>
</nav>`;
}

function neighbours(current: Page, pages: readonly Page[]): string {
  const index = pages.indexOf(current);
  const previous = index > 0 ? pages[index - 1] : undefined;
  const next = pages[index + 1];
  const link = (page: Page | undefined, kind: string, word: string): string =>
    page === undefined
      ? ''
      : `<a class="${kind}" rel="${kind}" href="${addressOf(page)}"><span>${word}</span> ${escape(page.title)}</a>`;
  return `<nav class="neighbours" aria-label="Neighbouring pages">
${link(previous, 'prev', 'Before')}
${link(next, 'next', 'Next')}
</nav>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
