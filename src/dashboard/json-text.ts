import { JSON_TOKEN, layOutJson } from './pretty-json.ts';

/*
 * JSON as text. Parsing and printing would change what it says: 9223372036854775807 would come back
 * as 9223372036854775808. What people write is read, edited and sent as it stands.
 */

/** The text of each member of a JSON object. */
export function memberTexts(source: string): ReadonlyMap<string, string> {
  return new Map(partsOf(source).map(({ name, text }) => [name, text]));
}

/** The text of each item of a JSON array. */
export function itemTexts(source: string): string[] {
  return partsOf(source).map(({ text }) => text);
}

/** A member's text over several lines, to be read and edited. Empty where there is none. */
export function textToEdit(members: ReadonlyMap<string, string>, name: string): string {
  const text = members.get(name) ?? 'null';
  return text === 'null' ? '' : laidOut(text);
}

/** Over several lines, or as it is where it is not JSON. */
export function laidOut(text: string): string {
  const tokens = layOutJson(text);
  return tokens === undefined ? text.trim() : tokens.map((token) => token.text).join('');
}

/** What is laid out over lines, on one again. */
export function onOneLine(text: string): string {
  return Array.from(text.matchAll(JSON_TOKEN), ([token]) => token).join('');
}

/** A JSON object of the body's members and of others given as JSON texts; an empty one is null. */
export function withTexts(body: object, texts: Readonly<Partial<Record<string, string>>>): string {
  const own = JSON.stringify(body).slice(1, -1);
  const written = Object.entries(texts).map(
    ([name, text]) => `${JSON.stringify(name)}:${text?.trim() || 'null'}`,
  );
  return `{${[own, ...written].filter(Boolean).join(',')}}`;
}

/** What keeps a text from being JSON; an empty one is none, and that is all right. */
export function faultOf(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What is no JSON is sent as a string: the server says at the field what it wants there. */
export function jsonOrString(text: string): string {
  return faultOf(text) === undefined ? text.trim() : JSON.stringify(text);
}

/** A number as typed. What is no number is sent as a string, to be refused at its field. */
export function numberText(text: string): string {
  const typed = text.trim();
  return typed === '' || /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(typed) ? typed : JSON.stringify(typed);
}

interface Part {
  /** Empty in an array. */
  name: string;
  text: string;
}

function partsOf(source: string): Part[] {
  const parts: Part[] = [];
  let depth = 0;
  let name = '';
  let start = 0;
  for (const match of source.matchAll(JSON_TOKEN)) {
    const [token, quoted, colon] = match;
    const isClosing = token === '}' || token === ']';
    if (isClosing) depth -= 1;
    if ((isClosing && depth === 0) || (token === ',' && depth === 1)) {
      const text = source.slice(start, match.index).trim();
      if (text !== '') parts.push({ name, text });
    }
    if (token === '{' || token === '[') depth += 1;
    if (depth !== 1 || isClosing) continue;
    if (colon !== undefined) name = String(JSON.parse(quoted ?? '""'));
    if (colon !== undefined || /^[[{,]$/.test(token)) start = match.index + token.length;
  }
  return parts;
}
