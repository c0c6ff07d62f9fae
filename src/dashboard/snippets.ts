import { laidOut, withTexts } from './json-text.ts';

export interface PublishDraft {
  tenant: string;
  eventType: string;
  payload: string;
  orderingKey: string;
  idempotencyKey: string;
}

export type Language = 'curl' | 'typescript' | 'python';

/**
 * The request body, with the payload's text in it as it stands: parsing and printing it would
 * change its bytes, and those are what is delivered.
 */
export function publishBody(draft: PublishDraft): string {
  const { tenant, eventType, orderingKey, payload } = draft;
  const body = {
    ...(tenant !== '' && { tenant }),
    event_type: eventType,
    ...(orderingKey !== '' && { ordering_key: orderingKey }),
  };
  return withTexts(body, { payload });
}

/** The same request in another language. `hasKey`: the server asks for an API key. */
export function snippetOf(
  language: Language,
  draft: PublishDraft,
  origin: string,
  hasKey: boolean,
): string {
  return { curl, typescript, python }[language](draft, origin, hasKey);
}

function curl(draft: PublishDraft, origin: string, hasKey: boolean): string {
  const lines = [`curl ${origin}/events`, `-H 'Content-Type: application/json'`];
  if (hasKey) lines.push(`-H "Authorization: Bearer $POSTHORN_API_KEY"`);
  if (draft.idempotencyKey)
    lines.push(`-H ${shellQuote(`Idempotency-Key: ${draft.idempotencyKey}`)}`);
  lines.push(`--data-binary ${shellQuote(publishBody(draft))}`);
  return lines.join(' \\\n  ');
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function typescript(draft: PublishDraft, origin: string, hasKey: boolean): string {
  const headers = ["'Content-Type': 'application/json',"];
  if (hasKey) headers.push('Authorization: `Bearer ${process.env.POSTHORN_API_KEY}`,');
  if (draft.idempotencyKey)
    headers.push(`'Idempotency-Key': ${JSON.stringify(draft.idempotencyKey)},`);
  return `const response = await fetch('${origin}/events', {
  method: 'POST',
  headers: {
    ${headers.join('\n    ')}
  },
  body: JSON.stringify({
${members(draft, (name) => name, laidOut(draft.payload) || 'null')}
  }),
});
if (response.status !== 202) throw new Error(await response.text());
const { id, deliveries } = await response.json();`;
}

function python(draft: PublishDraft, origin: string, hasKey: boolean): string {
  const headers: string[] = [];
  if (hasKey) headers.push('"Authorization": f"Bearer {os.environ[\'POSTHORN_API_KEY\']}",');
  if (draft.idempotencyKey)
    headers.push(`"Idempotency-Key": ${JSON.stringify(draft.idempotencyKey)},`);
  const imports = hasKey ? 'import os\n\nimport requests' : 'import requests';
  const given =
    headers.length === 0 ? '' : `    headers={\n        ${headers.join('\n        ')}\n    },\n`;
  return `${imports}

response = requests.post(
    "${origin}/events",
${given}    json={
${members(draft, (name) => `"${name}"`, toPython(laidOut(draft.payload) || 'null'), '    ')}
    },
)
response.raise_for_status()
event = response.json()  # {"id": …, "deliveries": …}`;
}

function members(
  draft: PublishDraft,
  name: (name: string) => string,
  payload: string,
  indent = '',
) {
  const lines = [
    ...(draft.tenant === '' ? [] : [`${name('tenant')}: ${JSON.stringify(draft.tenant)},`]),
    `${name('event_type')}: ${JSON.stringify(draft.eventType)},`,
    ...(draft.orderingKey === ''
      ? []
      : [`${name('ordering_key')}: ${JSON.stringify(draft.orderingKey)},`]),
    `${name('payload')}: ${payload},`,
  ];
  return lines
    .flatMap((line) => line.split('\n'))
    .map((line) => `    ${indent}${line}`)
    .join('\n');
}

/** JSON's three literals have other names there; those within strings stay. */
function toPython(json: string): string {
  const names: Record<string, string> = { true: 'True', false: 'False', null: 'None' };
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|true|false|null/g, (token) => names[token] ?? token);
}
