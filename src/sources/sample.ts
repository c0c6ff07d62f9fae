import { randomUUID } from 'node:crypto';

import type { Kind } from './kind.ts';
import type { SourceRequest } from './request.ts';
import { asList, isRecord, JOIN, type ValueReference } from './values.ts';

const SAMPLE_TYPE = 'sample.created';

/** What a dialect with code of its own reads, where no reference of the table says it. */
const MORE: Readonly<Record<string, (draft: Draft) => void>> = {
  braintree(draft) {
    const xml =
      '<notification><kind>check</kind><subject><check>true</check></subject></notification>';
    draft.set('form:bt_payload', Buffer.from(xml).toString('base64'));
  },
  'coinbase-cdp'(draft) {
    draft.set('header:x-event-id', 'sample-1');
    draft.set('header:x-event-type', SAMPLE_TYPE);
  },
  contentful(draft) {
    draft.set('body:/sys/type', 'Entry');
    draft.set('header:x-contentful-topic', 'ContentManagement.Entry.publish');
  },
};

/**
 * A request in the form of a kind, not signed yet: with a type and an id where its provider has
 * them, as far as the table says where that is.
 */
export function sampleRequest(
  kind: Kind,
  { url, id = randomUUID() }: { url: string; id?: string },
): SourceRequest {
  const draft = new Draft(url);
  const [type] = asList(kind.type);
  const [idReference] = asList(kind.id);
  // What is a thing's id stands before what is an event's type, which may share the reference.
  for (const part of idReference?.split(JOIN) ?? []) draft.set(part, id);
  for (const part of type?.split(JOIN) ?? []) draft.set(part, SAMPLE_TYPE);
  MORE[kind.code ?? '']?.(draft);
  return draft.request();
}

/** A request under construction. */
class Draft {
  readonly #headers = new Map<string, string>();
  readonly #form = new Map<string, string>();
  readonly #query: [string, string][] = [];
  readonly #url: string;
  #document: unknown;

  constructor(url: string) {
    this.#url = url;
  }

  set(reference: ValueReference, value: string): void {
    const colon = reference.indexOf(':');
    const name = reference.slice(colon + 1);
    switch (reference.slice(0, colon)) {
      case 'header':
        this.#headers.set(name.replace('*', '1'), value);
        return;
      case 'query':
        this.#query.push([name, value]);
        return;
      case 'form':
        this.#setField(name, value);
        return;
      case 'body':
        this.#document = withValue(this.#document, name.split('/').slice(1), value);
        return;
      case 'key-beside':
        this.#document = withValue(this.#document, [value], {});
    }
  }

  #setField(name: string, value: string): void {
    const [field = '', pointer] = name.split('#');
    if (pointer === undefined) {
      this.#form.set(field, value);
      return;
    }
    const text = this.#form.get(field);
    const document: unknown = text === undefined ? undefined : JSON.parse(text);
    const changed = withValue(document, pointer.split('/').slice(1), value);
    this.#form.set(field, JSON.stringify(changed));
  }

  request(): SourceRequest {
    const isForm = this.#form.size > 0 && this.#document === undefined;
    const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
    const body = isForm
      ? new URLSearchParams([...this.#form]).toString()
      : JSON.stringify(this.#document ?? { hello: 'world' });
    const query = new URLSearchParams(this.#query).toString();
    const separator = this.#url.includes('?') ? '&' : '?';
    return {
      method: 'POST',
      url: query === '' ? this.#url : `${this.#url}${separator}${query}`,
      headers: ['content-type', type, ...[...this.#headers].flat()],
      body: Buffer.from(body),
    };
  }
}

/** The document with a value at a path; arrays where it says `*` or a number. */
export function withValue(document: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (key === '*' || /^\d+$/.test(key)) {
    const items: unknown[] = Array.isArray(document) ? document : [undefined];
    return items.map((item) => withValue(item, rest, value));
  }
  const members = isRecord(document) ? document : {};
  return { ...members, [key]: withValue(members[key], rest, value) };
}
