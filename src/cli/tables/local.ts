import { SCOPES } from '../../base/principal.ts';
import type { CommandSpec } from '../command.ts';

const role = (path: string, summary: string, name = path): CommandSpec => ({
  path,
  summary,
  details: 'Settings are read from the environment; .env.example describes them.',
  examples: [[`posthorn ${path}`, summary]],
  load: async () => (await import('../role.ts')).runRole(name),
});

/** Commands that use this machine's settings and database rather than the API. */
export const LOCAL_COMMANDS: readonly CommandSpec[] = [
  role('serve', 'Run API and workers in one process.', 'all'),
  role('api', 'Run the API alone.'),
  role('worker', 'Run a worker alone.'),
  role('migrate', 'Bring the database up to date, and end.'),
  role('cleanup', 'Drop what is past retention, except for what failed, and end.'),
  {
    path: 'doctor',
    summary: 'Check settings, database, Redis and everything else Posthorn needs.',
    details: 'Changes nothing. Ends with 1 when there is a problem; says how to fix each.',
    options: {
      target: {
        value: 'url',
        summary: 'Also whether deliveries would reach this: DNS, address guard, TLS, answer.',
      },
    },
    examples: [
      ['posthorn doctor', 'Check the settings of this environment.'],
      ['posthorn doctor --target https://example.com/hook', 'Ask why a receiver gets nothing.'],
      [
        'posthorn doctor --json | jq -r \'.checks[] | select(.status == "failed") | .fix\'',
        'How to fix each problem.',
      ],
    ],
    load: async () => (await import('../doctor/doctor.ts')).runDoctor,
  },
  {
    path: 'keys create',
    summary: 'Create an API key, directly in the database.',
    options: {
      name: { value: 'text', summary: 'The purpose of the key.' },
      scopes: {
        value: 'scopes',
        summary: `Some of ${SCOPES.join(', ')}, by commas; admin unless given.`,
      },
      tenant: { value: 'tenant', summary: 'Bound to this tenant; to none unless given.' },
      'expires-in': { value: 'days', summary: 'A number of days, such as 90d.' },
    },
    examples: [
      ['posthorn keys create --name orders --scopes publish --tenant acme', 'For an application.'],
    ],
    load: async () => (await import('../keys.ts')).createKey,
  },
  {
    path: 'keys list',
    summary: 'List the API keys.',
    examples: [['posthorn keys list', 'All keys, without their values.']],
    load: async () => (await import('../keys.ts')).listKeys,
  },
  {
    path: 'keys revoke',
    summary: 'Revoke an API key.',
    args: [{ name: 'id' }],
    examples: [
      ['posthorn keys revoke 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94', 'Refused within five seconds.'],
    ],
    load: async () => (await import('../keys.ts')).revokeKey,
  },
  {
    path: 'secrets reseal',
    summary: 'Encrypt every signing secret with the first key of SECRET_ENCRYPTION_KEY.',
    details: 'The other keys can be taken away afterwards.',
    examples: [['posthorn secrets reseal', 'After every process has both keys.']],
    load: async () => (await import('../secrets.ts')).resealEverySecret,
  },
  {
    path: 'grant-publisher',
    summary: 'Let a role of the database call posthorn.publish(), and nothing else.',
    details: 'Needs DATABASE_URL with the user who owns the schema. Granting again adds tenants.',
    args: [{ name: 'role' }],
    options: {
      tenant: {
        value: 'tenant',
        summary: 'Only for this tenant; for every tenant unless given.',
        isRepeatable: true,
      },
    },
    examples: [
      ['posthorn grant-publisher billing --tenant acme', 'Publish from SQL for one tenant.'],
    ],
    load: async () => (await import('../publishers.ts')).grantPublisher,
  },
  {
    path: 'revoke-publisher',
    summary: 'Undo grant-publisher.',
    args: [{ name: 'role' }],
    options: {
      tenant: {
        value: 'tenant',
        summary: 'Only for this tenant; for all unless given.',
        isRepeatable: true,
      },
    },
    examples: [['posthorn revoke-publisher billing', 'Its next call is refused.']],
    load: async () => (await import('../publishers.ts')).revokePublisher,
  },
  // types …: src/cli/types.ts
];
