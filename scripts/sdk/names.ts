/** `rotateSubscriptionSecret`, `Test receiver` and `X-Event-Type` in lower-case words. */
export function words(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

export const pascal = (name: string): string => words(name).map(capital).join('');
export const snake = (name: string): string => words(name).join('_');

export function camel(name: string): string {
  const text = pascal(name);
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function singular(word: string): string {
  return word.endsWith('ies') ? `${word.slice(0, -3)}y` : word.replace(/s$/, '');
}

/**
 * An operation's name within its group, in words: `rotateSubscriptionSecret` of Subscriptions is
 * `rotate secret`, `ingestEnvelope` of Ingest is `envelope`.
 */
export function shortName(operationId: string, group: string): string[] {
  const [verb = '', ...rest] = words(operationId);
  const plural = words(group);
  const one = plural.map((word, index) => (index === plural.length - 1 ? singular(word) : word));
  if (rest.length > 0 && verb === plural.join(' ')) return rest;
  const isNamed = [plural, one].some((noun) => noun.every((word, index) => rest[index] === word));
  return isNamed ? [verb, ...rest.slice(plural.length)] : [verb, ...rest];
}

/** The method that goes through all pages of a list: `list attempts` is `iterate attempts`. */
export function iteratorName(name: readonly string[]): string[] {
  const [verb = '', ...rest] = name;
  return ['list', 'get'].includes(verb) ? ['iterate', ...rest] : ['iterate', verb, ...rest];
}

/** Text within `width`, its paragraphs and lists kept as they are. */
export function wrap(text: string, width: number): string[] {
  return text
    .trim()
    .split('\n')
    .flatMap((line) => {
      const lines: string[] = [];
      let current = '';
      for (const word of line.trimEnd().split(' ')) {
        if (current !== '' && current.length + 1 + word.length > width) {
          lines.push(current);
          current = '';
        }
        current = current === '' ? word : `${current} ${word}`;
      }
      return [...lines, current];
    });
}
