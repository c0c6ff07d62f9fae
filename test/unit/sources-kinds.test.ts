import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';

import { dialectOf } from '../../src/sources/dialects/index.ts';
import { KINDS, readKinds } from '../../src/sources/kinds.ts';
import type { Kind } from '../../src/sources/kind.ts';
import { asList, JOIN } from '../../src/sources/values.ts';
import { kindsGuide } from '../../scripts/generate/sources-docs.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const table = () => parse(read('src/sources/kinds.yaml'));

const ruleOf = (kind: Kind) => (typeof kind.signature === 'object' ? kind.signature : undefined);

t.test('the table has a hundred kinds, each found by name and alias', async (t) => {
  t.ok(KINDS.all.length >= 100, String(KINDS.all.length));
  for (const kind of KINDS.all) {
    t.equal(KINDS.find(kind.name), kind);
    for (const [alias, { title }] of Object.entries(kind.aliases ?? {})) {
      t.match(KINDS.find(alias), { name: kind.name, title });
    }
  }
  t.equal(KINDS.find('constructor'), undefined);
});

t.test('a row that is not as the schema has it stops the start', async (t) => {
  const row = { title: 'X', group: 'work', signature: { from: 'header:x' }, facts: 'unverified' };
  t.doesNotThrow(() => readKinds({ kinds: { x: row } }));
  for (const [change, problem] of [
    [{ surprise: 1 }, /additional/],
    [{ facts: undefined }, /facts/],
    [{ group: 'other' }, /group/],
    [{ signature: { from: 'x' } }, /pattern/],
    [{ signature: { from: 'header:x', format: 'pairs' } }, /separator/],
    [
      { handshakes: [{ how: 'hmac', when: { method: 'GET' }, value: 'query:x' }] },
      /pattern|signed/,
    ],
    [
      { handshakes: [{ how: 'call-url', when: { method: 'GET' }, value: 'query:x' }] },
      /url_pattern/,
    ],
    [{ like: 'nobody' }, /nobody/],
    [{ also: ['nobody'] }, /nobody/],
  ] as const) {
    const kinds = { x: JSON.parse(JSON.stringify({ ...row, ...change })) };
    t.throws(() => readKinds({ kinds }), problem, JSON.stringify(change));
  }
});

t.test('every kind with code of its own has it', async (t) => {
  for (const { code } of KINDS.all) if (code !== undefined) t.ok(dialectOf(code), code);
});

t.test('a header that nobody signed chooses a type only where it is argued', async (t) => {
  for (const kind of KINDS.all) {
    if (kind.signature === 'none' || kind.code !== undefined) continue;
    const signs = ruleOf(kind)?.signs ?? '{body}';
    const headers = asList(kind.type)
      .flatMap((reference) => reference.split(JOIN))
      .filter((reference) => reference.startsWith('header:') && !signs.includes(reference));
    const isArgued = kind.unsigned_type_because !== undefined;
    t.equal(isArgued, headers.length > 0, kind.name);
  }
});

t.test('where a signed body says the type, no header is asked first', async (t) => {
  // Here nothing is signed beside a token, or a signed id keeps a copy from being an event.
  const allowed = ['azure-event-grid', 'cloudevents', 'gitlab-signed', 'gitlab-token'];
  for (const kind of KINDS.all) {
    const places = asList(kind.type).map((reference) => reference.split(':')[0]);
    const isHeaderFirst = places[0] === 'header' && places.includes('body');
    t.equal(isHeaderFirst, isHeaderFirst && allowed.includes(kind.name), kind.name);
  }
});

t.test('no secret is in a header that is kept', async (t) => {
  for (const kind of KINDS.all) {
    const places = asList(ruleOf(kind)?.from).map((reference) => reference.replace('header:', ''));
    for (const pattern of [...(kind.keep ?? []), 'content-type']) {
      const isKept = (name: string) =>
        pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
      for (const secret of [...places, 'authorization', 'cookie', 'x-hook-secret']) {
        t.notOk(isKept(secret), `${kind.name}: ${pattern}`);
      }
    }
  }
});

t.test('what a row is like is not changed by it', async (t) => {
  const { kinds } = table();
  t.equal(kinds['postmark'].like, 'basic');
  t.same(KINDS.find('postmark')?.signature, KINDS.find('basic')?.signature);
  t.equal(KINDS.find('basic')?.id_is_unique, undefined);
  t.equal(KINDS.find('postmark')?.aliases, undefined);
});

t.test('the guide follows from the table', async (t) => {
  t.equal(read('docs/sources-kinds.md'), kindsGuide(), 'run npm run generate');
});
