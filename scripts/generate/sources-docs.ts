/** docs/sources-kinds.md, which follows from the table of kinds. */
import { KINDS } from '../../src/sources/kinds.ts';
import type { Handshake, Kind, SignatureRule, WindowSeconds } from '../../src/sources/kind.ts';
import { asList } from '../../src/sources/values.ts';

const GROUPS: Readonly<Record<string, string>> = {
  formats: 'Common formats',
  payments: 'Payments',
  commerce: 'Commerce and accounting',
  code: 'Code and builds',
  operations: 'Operations and clouds',
  communication: 'Mail, text and calls',
  chat: 'Chat',
  social: 'Social networks',
  work: 'Work',
  identity: 'Identity',
  media: 'Media',
  devices: 'Devices',
};

const CODE_SIGNATURES: Readonly<Record<string, string>> = {
  'adyen-payments': 'HMAC-SHA256 in each item of the body',
  'atlassian-connect': 'JWT in `authorization`',
  'aws-sns': 'RSA in the body, with a certificate of SNS',
  braintree: 'HMAC-SHA1 in the form field `bt_signature`',
  'coinbase-cdp': 'HMAC-SHA256 in `x-hook0-signature`, 300 s',
  contentful: 'HMAC-SHA256 in `x-contentful-signature`, 30 s',
  'dropbox-sign': 'HMAC-SHA256 in the form field `json`',
  'google-pubsub': 'OpenID Connect token in `authorization`',
  'paddle-classic': 'RSA-SHA1 in the form field `p_signature`',
  paypal: 'RSA-SHA256 in `paypal-transmission-sig`, with a certificate of PayPal',
  plaid: "JWT in `plaid-verification`, with a key of Plaid's API, 300 s",
};
const CODE_TYPES: Readonly<Record<string, string>> = {
  braintree: '`kind` of the payload',
  contentful: '`x-contentful-topic`, where it is signed',
};

const ALGORITHMS: Readonly<Record<string, string>> = {
  'hmac-sha1': 'HMAC-SHA1',
  'hmac-sha256': 'HMAC-SHA256',
  'hmac-sha512': 'HMAC-SHA512',
  ed25519: 'Ed25519',
  'ecdsa-p256-sha256': 'ECDSA P-256',
  'rsa-sha1': 'RSA-SHA1',
  'rsa-sha256': 'RSA-SHA256',
  equal: 'a token',
  basic: 'user and password',
  jwt: 'JWT',
};

const HANDSHAKES: Readonly<Record<Handshake['how'], string>> = {
  echo: 'challenge sent back',
  hmac: 'challenge signed',
  'echo-header': 'header sent back',
  fixed: 'ping',
  'cloudevents-options': 'OPTIONS',
  'call-url': 'address called',
  'show-secret': 'secret shown to you',
};

export function kindsGuide(): string {
  const sections = Object.entries(GROUPS).map(([group, title]) => {
    const rows = KINDS.all.filter((kind) => kind.group === group).map(rowOf);
    return [`### ${title}`, '', HEAD, ...rows].join('\n');
  });
  const names =
    KINDS.all.length + KINDS.all.flatMap((kind) => Object.keys(kind.aliases ?? {})).length;
  return [intro(names), sections.join('\n\n'), coverage(), headerTypes(), CONTRIBUTE].join('\n\n');
}

const HEAD = [
  '| kind | verified by | type | once by | handshake | answer | facts |',
  '|---|---|---|---|---|---|---|',
].join('\n');

function rowOf(kind: Kind): string {
  const aliases = Object.keys(kind.aliases ?? {}).map((alias) => `\`${alias}\``);
  const cells = [
    `**${kind.title}** \`${kind.name}\`${aliases.length > 0 ? `, ${aliases.join(', ')}` : ''}`,
    signatureOf(kind),
    referencesOf(kind.type) ?? CODE_TYPES[kind.code ?? ''] ?? '–',
    onceOf(kind),
    handshakesOf(kind),
    answerOf(kind),
    kind.facts,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function signatureOf(kind: Kind): string {
  if (kind.code !== undefined) return CODE_SIGNATURES[kind.code] ?? kind.code;
  if (kind.signature === undefined || kind.signature === 'none') return 'nothing: unsigned';
  const rule = kind.signature;
  const window = rule.timestamp?.window_seconds ?? rule.token?.window_seconds;
  const optional = rule.optional === true ? ', if there is one' : '';
  return `${ALGORITHMS[rule.algorithm ?? 'hmac-sha256']} in ${referencesOf(rule.from)}${withUrl(rule)}${windowOf(window)}${optional}`;
}

function withUrl(rule: SignatureRule): string {
  const isUrlSigned =
    /\{url\}/.test(rule.signs ?? '') || rule.token?.url_hash !== undefined || rule.token?.url_claim;
  return isUrlSigned ? ', with the address' : '';
}

function windowOf(window: WindowSeconds | undefined): string {
  if (window === undefined) return '';
  const [past, future] = window;
  return past === future ? `, ±${past} s` : `, ${past ?? 'any'} s old, ${future ?? 'any'} s ahead`;
}

function onceOf(kind: Kind): string {
  if (kind.id_is_unique === false) return `no: ${referencesOf(kind.id)} is not of one event`;
  if (kind.name === 'coinbase-cdp') return '`x-event-id`, where it is signed';
  return referencesOf(kind.id) ?? 'no id';
}

function handshakesOf(kind: Kind): string {
  const texts = (kind.handshakes ?? []).map(({ how }) => HANDSHAKES[how]);
  if (kind.code === 'braintree') texts.push(HANDSHAKES.hmac);
  return [...new Set(texts)].join(', ') || '–';
}

function answerOf({ answer, refusal_status, answer_within_seconds }: Kind): string {
  const texts = [
    `${answer?.status ?? 200}${answer?.body === undefined ? '' : ` \`${answer.body}\``}`,
    ...(refusal_status === undefined ? [] : [`refused ${refusal_status}`]),
    ...(answer_within_seconds === undefined ? [] : [`within ${answer_within_seconds} s`]),
  ];
  return texts.join(', ');
}

/** Where something is, in few words: the part after `header:` says enough. */
function referencesOf(references: Kind['type']): string | undefined {
  const texts = asList(references).map((reference) =>
    reference
      .split(' + ')
      .map((part) => `\`${part.replace(/^(header|body|key-beside):/, '')}\``)
      .join(' + '),
  );
  return texts.length === 0 ? undefined : texts.join(' or ');
}

function intro(names: number): string {
  return `# Kinds of sources

A kind says how a provider signs what it posts, where the event's type and id are, what it asks before it
posts, and what answer it expects. There are ${KINDS.all.length} kinds under ${names} names; \`custom\` takes the same
words for a provider that is not among them.

- **verified by**: what is compared, and how old a request may be where the provider has a limit. A kind is
  never guessed from a header's name: several providers mean different things by the same one.
- **type**: where the event's type is. What is no event type is turned to lower case, with a dot for each run
  of anything but letters, digits, \`_\`, \`/\`, \`:\` and \`-\`: GitLab's \`Push Hook\` is \`push.hook\`. The original is
  kept. A batch whose items are of several types, and a request that says none, is \`<kind>.event\`. Types that
  begin with \`posthorn.\` get \`source.\` before it.
- **once by**: the id that a retry shares with the first request. It makes no second event. Where a provider
  does not promise that an id is of one event, nothing is left out.
- **facts**: the official library that has signed or checked requests of this form, or \`unverified\`: the facts
  are from documentation, and no library of the provider has confirmed them.

A path such as \`/data/id\` is in a JSON body, \`*\` is every item, \`+\` joins.

## The kinds`;
}

function coverage(): string {
  const rows = KINDS.all
    .filter(({ covers }) => covers !== undefined)
    .map(({ title, name, covers }) => `| ${title} \`${name}\` | ${covers} |`);
  const tokens = KINDS.all
    .filter(({ signature }) => {
      const algorithm = typeof signature === 'object' ? signature.algorithm : undefined;
      return algorithm === 'equal' || algorithm === 'basic';
    })
    .map(({ name }) => `\`${name}\``);
  const unsigned = KINDS.all
    .filter(({ signature }) => signature === 'none')
    .map(({ name }) => `\`${name}\``);
  return `## Where less than the body is signed

The provider decides what its signature is of. Here it does not cover all of the body, so a request that was
changed on its way can be verified all the same:

| kind | what is signed |
|---|---|
${rows.join('\n')}

A token or a password stands for the sender and signs nothing: ${tokens.join(', ')}.

Unsigned, so that the address is the only secret: ${unsigned.join(', ')}. Fetch what they announce from the
provider before you act on it.`;
}

function headerTypes(): string {
  const rows = KINDS.all
    .filter(({ unsigned_type_because }) => unsigned_type_because !== undefined)
    .map(({ title, name, unsigned_type_because: why }) => `| ${title} \`${name}\` | ${why} |`);
  return `## Types that nobody signed

A signature of the body says nothing of the headers beside it. Where the body says its type, the body is
believed. These take it from a header, for this reason:

| kind | why |
|---|---|
${rows.join('\n')}`;
}

const CONTRIBUTE = `## Add a kind

A kind is a row of \`src/sources/kinds.yaml\`, and that is all of it where the row has the words:

\`\`\`yaml
example:
  title: Example
  group: work
  signature:
    from: header:example-signature
    prefix: sha256=
  type: body:/type
  id: body:/id
  facts: unverified
\`\`\`

\`node scripts/sources/write-vectors.ts\` adds a signed request of it to the fixtures, and \`npm run generate\` writes
this page again. The tests sign, alter, age and retry a sample of every row, so a row needs no test of its own;
what the provider does that no other does, does. Where its official library can be installed from npm, add a case
to \`scripts/sources/official.ts\` and its name and version to \`facts\`. Describe a dialect in your own words, and
invent all data.
`;
