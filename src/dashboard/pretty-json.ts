export type TokenKind = 'key' | 'string' | 'number' | 'literal' | 'punctuation';

export interface JsonToken {
  kind: TokenKind | 'space';
  text: string;
}

export const JSON_TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d[\d.eE+-]*|true|false|null|[[\]{},]/gs;

/**
 * Lays JSON out over lines, token by token: numbers keep their digits and duplicate keys stay,
 * which parsing and printing would lose. Undefined where the text is not JSON.
 */
export function layOutJson(source: string): JsonToken[] | undefined {
  try {
    JSON.parse(source);
  } catch {
    return undefined;
  }
  const tokens: JsonToken[] = [];
  let depth = 0;
  const breakLine = () => tokens.push({ kind: 'space', text: `\n${'  '.repeat(depth)}` });
  let previous = '';
  for (const [text, quoted, colon] of source.matchAll(JSON_TOKEN)) {
    const isClosing = text === '}' || text === ']';
    if (isClosing) depth -= 1;
    const isEmpty = isClosing && (previous === '{' || previous === '[');
    if ((isClosing && !isEmpty) || (!isClosing && /^[[{,]$/.test(previous))) breakLine();
    if (quoted !== undefined && colon !== undefined) {
      tokens.push({ kind: 'key', text: quoted }, { kind: 'punctuation', text: ': ' });
    } else {
      tokens.push({ kind: kindOf(text), text });
    }
    if (text === '{' || text === '[') depth += 1;
    previous = text;
  }
  return tokens;
}

function kindOf(text: string): TokenKind {
  if (text.startsWith('"')) return 'string';
  if (/^[-\d]/.test(text)) return 'number';
  return /^[a-z]/.test(text) ? 'literal' : 'punctuation';
}
