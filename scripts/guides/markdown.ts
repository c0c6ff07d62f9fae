import Markdown, { type MarkdownIt, type Token } from 'markdown-it';
import { createRequire } from 'node:module';

export type Heading = { readonly level: number; readonly id: string; readonly text: string };

/** What is said below one heading, for the search. */
export type Passage = { readonly heading: Heading; readonly text: string };

export type Rendered = {
  readonly html: string;
  readonly title: string;
  /** The first paragraph, as text. */
  readonly description: string;
  readonly headings: readonly Heading[];
  readonly passages: readonly Passage[];
};

/** What a link or an image of a page leads to, or undefined for text without a link. */
export type ResolveLink = (href: string, kind: 'link' | 'image') => string | undefined;

/** What is used of highlight.js; its own types would make this a program for browsers. */
type Highlighter = {
  getLanguage(name: string): object | undefined;
  highlight(
    code: string,
    options: { language: string; ignoreIllegals: boolean },
  ): { value: string };
};

const highlighter = createRequire(import.meta.url)('highlight.js/lib/common') as Highlighter;

/** Markdown as HTML, with anchors as GitHub makes them, so that a link is right in both places. */
export function render(source: string, resolveLink: ResolveLink): Rendered {
  const markdown = new Markdown({ highlight: colour });
  const tokens = markdown.parse(withoutComments(source), {});
  const headings = nameHeadings(tokens);
  for (const token of tokens) resolveLinks(token, resolveLink);
  addRules(markdown);
  return {
    // The cell above the first column is often empty, and then heads nothing.
    html: markdown.renderer
      .render(tokens, markdown.options, {})
      .replaceAll('<th></th>', '<td></td>'),
    title: headings[0]?.text ?? '',
    description: firstParagraph(tokens),
    headings,
    passages: cutPassages(tokens, headings),
  };
}

/** Each fenced block of a page: the words after the fence, and what is in it. */
export function codeBlocks(source: string): { info: string; code: string; line: number }[] {
  return new Markdown()
    .parse(source, {})
    .filter(({ type }) => type === 'fence')
    .map(({ info, content, map }) => ({
      info: info.trim(),
      code: content,
      line: (map?.[0] ?? 0) + 1,
    }));
}

/** Comments are for anyone who writes the page. Any other HTML is shown as text. */
function withoutComments(source: string): string {
  return source.replaceAll(/^<!--.*?-->\n?/gms, '');
}

function colour(code: string, info: string): string {
  const language = info.split(' ')[0] ?? '';
  return highlighter.getLanguage(language) === undefined
    ? ''
    : highlighter.highlight(code, { language, ignoreIllegals: true }).value;
}

function nameHeadings(tokens: readonly Token[]): Heading[] {
  const taken = new Map<string, number>();
  const headings: Heading[] = [];
  tokens.forEach((token, index) => {
    if (token.type !== 'heading_open') return;
    const text = plainText(tokens[index + 1]);
    const slug = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    const count = taken.get(slug) ?? 0;
    taken.set(slug, count + 1);
    const id = count === 0 ? slug : `${slug}-${count}`;
    token.attrSet('id', id);
    headings.push({ level: Number(token.tag.slice(1)), id, text });
  });
  return headings;
}

function plainText(token: Token | undefined): string {
  return (token?.children ?? [])
    .map(({ type, content }) => (type === 'softbreak' || type === 'hardbreak' ? ' ' : content))
    .join('');
}

function firstParagraph(tokens: readonly Token[]): string {
  const index = tokens.findIndex(({ type }) => type === 'paragraph_open');
  return plainText(tokens[index + 1]);
}

function cutPassages(tokens: readonly Token[], headings: readonly Heading[]): Passage[] {
  const passages: { heading: Heading; parts: string[] }[] = [];
  let next = 0;
  tokens.forEach((token, index) => {
    if (token.type === 'heading_open') {
      passages.push({ heading: headings[next] as Heading, parts: [] });
      next += 1;
    } else if (token.type === 'inline' && tokens[index - 1]?.type !== 'heading_open') {
      passages.at(-1)?.parts.push(plainText(token));
    } else if (token.type === 'fence') {
      passages.at(-1)?.parts.push(token.content);
    }
  });
  return passages.map(({ heading, parts }) => ({
    heading,
    text: parts.join(' ').replaceAll(/\s+/g, ' '),
  }));
}

function resolveLinks(token: Token, resolveLink: ResolveLink): void {
  let isHidden = false;
  for (const child of token.children ?? []) {
    if (child.type === 'image') {
      child.attrSet('src', resolveLink(String(child.attrGet('src') ?? ''), 'image') ?? '');
    } else if (child.type === 'link_open') {
      const href = resolveLink(String(child.attrGet('href') ?? ''), 'link');
      isHidden = href === undefined;
      if (href === undefined) child.attrs = [['class', 'repository-file']];
      else child.attrSet('href', href);
      if (isHidden) child.tag = 'span';
    } else if (child.type === 'link_close' && isHidden) {
      child.tag = 'span';
      isHidden = false;
    }
  }
}

function addRules(markdown: MarkdownIt): void {
  const { rules } = markdown.renderer;
  const escape = markdown.utils.escapeHtml;
  rules['heading_close'] = (tokens, index) => {
    const token = tokens[index] as Token;
    const id = escape(String(tokens[index - 2]?.attrGet('id') ?? ''));
    const label = escape(plainText(tokens[index - 1]));
    const anchor =
      token.tag === 'h1'
        ? ''
        : ` <a class="anchor" href="#${id}" aria-label="Link to: ${label}">#</a>`;
    return `${anchor}</${token.tag}>\n`;
  };
  rules['fence'] = (tokens, index) => {
    const { content, info } = tokens[index] as Token;
    const language = info.trim().split(' ')[0] ?? '';
    const name = escape(NAMES.get(language) ?? language);
    const code = colour(content, info) || escape(content);
    const copy = '<button type="button" class="copy" hidden>Copy</button>';
    const bar = `<div class="code-bar"><span>${name}</span>${copy}</div>`;
    return (
      `<div class="code">${bar}<pre tabindex="0" aria-label="${name || 'Example'}">` +
      `<code>${code}</code></pre></div>\n`
    );
  };
  rules['table_open'] = () => '<div class="table" tabindex="0"><table>\n';
  rules['table_close'] = () => '</table></div>\n';
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['sh', 'Shell'],
  ['json', 'JSON'],
  ['yaml', 'YAML'],
  ['sql', 'SQL'],
  ['js', 'JavaScript'],
  ['ts', 'TypeScript'],
  ['python', 'Python'],
  ['go', 'Go'],
  ['ruby', 'Ruby'],
  ['php', 'PHP'],
  ['java', 'Java'],
  ['csharp', 'C#'],
  ['rust', 'Rust'],
  ['toml', 'TOML'],
  ['ini', 'INI'],
  ['http', 'HTTP'],
]);
