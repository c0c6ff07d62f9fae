type Passage = { url: string; page: string; heading: string; text: string };

const MAX_RESULTS = 12;
const EXCERPT_LENGTH = 110;

offerCopying();
offerThemes();
offerSearch();
closeContentsOnSmallScreens();

function offerCopying(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('.copy')) {
    const code = button.closest('.code')?.querySelector('code');
    if (!code || navigator.clipboard === undefined) continue;
    button.hidden = false;
    button.addEventListener('click', () => {
      navigator.clipboard.writeText(code.textContent ?? '').then(
        () => say(button, 'Copied'),
        () => say(button, 'Not allowed'),
      );
    });
  }
}

function say(button: HTMLButtonElement, text: string): void {
  button.textContent = text;
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 2_000);
}

function offerThemes(): void {
  const button = document.querySelector<HTMLButtonElement>('.theme');
  if (!button) return;
  const { dataset } = document.documentElement;
  const systemDark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () =>
    dataset['theme'] === undefined ? systemDark.matches : dataset['theme'] === 'dark';
  const show = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
  };
  button.hidden = false;
  show();
  systemDark.addEventListener('change', show);
  button.addEventListener('click', () => {
    dataset['theme'] = isDark() ? 'light' : 'dark';
    try {
      localStorage.setItem('posthorn.theme', dataset['theme']);
    } catch {
      // The choice then lasts as long as the page.
    }
    show();
  });
}

function offerSearch(): void {
  const search = document.querySelector<HTMLElement>('.search');
  const input = search?.querySelector('input');
  const list = search?.querySelector<HTMLUListElement>('.search-results');
  const count = search?.querySelector('.search-count');
  if (!search || !input || !list || !count) return;
  let index: Promise<Passage[]> | undefined;
  search.hidden = false;

  const show = async () => {
    index ??= fetch(search.dataset['index'] ?? '').then((answer) => answer.json());
    const words = input.value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const found = words.length === 0 ? [] : find(await index, words);
    list.replaceChildren(...found.map((passage) => resultItem(passage, words)));
    list.hidden = found.length === 0;
    count.textContent = words.length === 0 ? '' : `${found.length} results`;
  };
  input.addEventListener('input', () => void show());
  document.addEventListener('click', ({ target }) => {
    if (!search.contains(target as Node)) list.hidden = true;
  });
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      list.hidden = true;
      input.focus();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      move(input, list, event.key === 'ArrowDown' ? 1 : -1);
    }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    input.focus();
  });
}

/** From the field into the results and along them. */
function move(input: HTMLInputElement, list: HTMLElement, step: number): void {
  const stops: HTMLElement[] = [input, ...list.querySelectorAll('a')];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  stops[Math.max(0, Math.min(stops.length - 1, at + step))]?.focus();
}

/** Passages with all words, those that have them in a heading first. */
function find(index: readonly Passage[], words: readonly string[]): Passage[] {
  const scored = index.flatMap((passage) => {
    const heading = `${passage.heading} ${passage.page}`.toLowerCase();
    const text = passage.text.toLowerCase();
    if (!words.every((word) => heading.includes(word) || text.includes(word))) return [];
    const score =
      words.filter((word) => passage.heading.toLowerCase().includes(word)).length * 2 +
      words.filter((word) => heading.includes(word)).length;
    return [{ passage, score }];
  });
  return scored
    .sort((one, other) => other.score - one.score)
    .slice(0, MAX_RESULTS)
    .map(({ passage }) => passage);
}

function resultItem(
  { url, page, heading, text }: Passage,
  words: readonly string[],
): HTMLLIElement {
  const item = document.createElement('li');
  const link = document.createElement('a');
  const title = document.createElement('strong');
  const excerpt = document.createElement('span');
  link.href = url;
  title.textContent = heading === page ? page : `${page}: ${heading}`;
  const at = Math.max(0, text.toLowerCase().indexOf(words[0] ?? '') - 30);
  excerpt.textContent = `${at > 0 ? '…' : ''}${text.slice(at, at + EXCERPT_LENGTH)}`;
  link.append(title, excerpt);
  item.append(link);
  return item;
}

function closeContentsOnSmallScreens(): void {
  const contents = document.querySelector<HTMLDetailsElement>('.contents details');
  if (contents && matchMedia('(max-width: 800px)').matches) contents.open = false;
}
