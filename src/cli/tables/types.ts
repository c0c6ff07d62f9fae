import type { CommandSpec, OptionSpec } from '../command.ts';

const FILES = 'Files are OpenAPI 3.1 documents with webhooks, in JSON or YAML.';

const tenant: OptionSpec = {
  value: 'tenant',
  summary: 'The tenant, for keys that are not bound to one.',
};
const out: OptionSpec = { value: 'file', summary: 'Write it here instead of printing it.' };

/** `posthorn types …`: the catalogue of event types, and what changes in it break consumers. */
export const TYPE_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'types check',
    summary: 'Fail on changes that break consumers of event types.',
    details: `${FILES} Ends with 1 when something breaks.`,
    args: [{ name: 'file' }],
    isRemote: true,
    options: {
      against: {
        value: 'url|file',
        summary: 'The old version; the catalogue unless given.',
      },
      tenant,
    },
    examples: [
      ['posthorn types check webhooks.yaml', 'In CI, before a release.'],
      ['posthorn types check webhooks.yaml --against webhooks.old.yaml', 'Without a service.'],
    ],
    load: async () => (await import('../types.ts')).checkTypes,
  },
  {
    path: 'types import',
    summary: 'Take event types from an OpenAPI document.',
    details: `${FILES} A document with breaking changes is refused as a whole, unless they are allowed.`,
    args: [{ name: 'file' }],
    isRemote: true,
    options: {
      'dry-run': { summary: 'Only say what would change.' },
      'allow-breaking': { summary: 'Allow breaking changes.' },
      tenant,
    },
    examples: [['posthorn types import webhooks.yaml --dry-run', 'Show what would change.']],
    load: async () => (await import('../types.ts')).importTypes,
  },
  {
    path: 'types pull',
    summary: 'Print the catalogue as an OpenAPI document.',
    isRemote: true,
    options: { out, tenant },
    examples: [['posthorn types pull --out webhooks.yaml', 'In YAML, by its name.']],
    load: async () => (await import('../types.ts')).pullTypes,
  },
  {
    path: 'types generate',
    summary: 'Print TypeScript types of the catalogue.',
    isRemote: true,
    options: {
      from: { value: 'file', summary: 'A document to take instead of the catalogue.' },
      out,
      tenant,
    },
    examples: [['posthorn types generate --out src/events.ts', 'Types of every payload.']],
    load: async () => (await import('../types.ts')).generateTypes,
  },
];
