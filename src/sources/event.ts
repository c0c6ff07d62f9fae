import { createHash } from 'node:crypto';

import { dialectOf } from './dialects/index.ts';
import { fitEventType } from './event-type-form.ts';
import type { Kind } from './kind.ts';
import { readRequest, type Reading, type SourceRequest } from './request.ts';
import { asList, JOIN, readValues, type ValueReference } from './values.ts';

export interface SourceEvent {
  /** Of the form of an event type; `<kind>.event` when the request says none. */
  type: string;
  /** What the provider calls it, when that had to be turned. */
  originalType?: string;
  /** The same for a retry and for nothing else. Absent when the provider promises no such thing. */
  id?: string;
}

const MAX_ID_LENGTH = 200;

/** What the event of a request is called. One request is one event, arrays too. */
export function readEvent(kind: Kind, request: SourceRequest): SourceEvent {
  const reading = readRequest(request);
  const own = kind.code === undefined ? {} : (dialectOf(kind.code).read?.(request) ?? {});
  const original = own.type ?? typeOf(reading, kind.type);
  const fitted = original === undefined ? undefined : fitEventType(original);
  const id = kind.id_is_unique === false ? undefined : (own.id ?? idOf(reading, kind.id));
  return {
    type: fitted ?? `${kind.name}.event`,
    ...(original !== undefined && original !== fitted ? { originalType: original } : {}),
    ...(id === undefined ? {} : { id: fitId(id) }),
  };
}

/** The headers of a request that are kept: those that the kind lists, in lower case. */
export function keptHeaders(kind: Kind, request: SourceRequest): Record<string, string> {
  const reading = readRequest(request);
  const kept: Record<string, string> = {};
  for (let index = 0; index < request.headers.length; index += 2) {
    const name = (request.headers[index] ?? '').toLowerCase();
    if (name in kept || !isKept(kind, name)) continue;
    kept[name] = reading.headerValues(name).join(', ');
  }
  return kept;
}

function isKept({ keep = [] }: Kind, name: string): boolean {
  return (
    name === 'content-type' ||
    keep.some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    )
  );
}

/** The first reference that says something; parts that are absent or differ are left out. */
function typeOf(reading: Reading, references: Kind['type']): string | undefined {
  for (const reference of asList(references)) {
    const parts = reference.split(JOIN).flatMap((part) => sharedValue(reading, part));
    if (parts.length > 0) return parts.join('.');
  }
  return undefined;
}

/** Items of a batch that are of several types give it none of them. */
function sharedValue(reading: Reading, reference: ValueReference): readonly string[] {
  const [first, ...others] = readValues(reading, reference);
  return first === undefined || first === '' || others.some((value) => value !== first)
    ? []
    : [first];
}

/** A batch is known by the ids of all that is in it: two that share an item are two. */
function idOf(reading: Reading, references: Kind['id']): string | undefined {
  for (const reference of asList(references)) {
    const parts = reference.split(JOIN).map((part) => readValues(reading, part).join(','));
    if (parts[0]) return parts.join(':').replace(/:+$/, '');
  }
  return undefined;
}

/** Ids are stored and shown: what is long, or no printable ASCII, is known by its hash. */
function fitId(id: string): string {
  return id.length <= MAX_ID_LENGTH && /^[!-~]+$/.test(id)
    ? id
    : `sha256:${createHash('sha256').update(id).digest('hex')}`;
}
