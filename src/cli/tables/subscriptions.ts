import { SIGNATURE_SCHEMES } from '../../sender/signature.ts';
import type { CommandSpec, OptionSpec } from '../command.ts';

const ID = '019aa089-9af2-7c31-8a5e-2f0d6c1b7e94';

const FIELDS: Readonly<Record<string, OptionSpec>> = {
  name: { value: 'text', summary: 'Its name.' },
  description: { value: 'text', summary: 'Its purpose.' },
  types: {
    value: 'patterns',
    summary: 'Event types it wants, by commas, such as order.*; "" for all.',
    isRepeatable: true,
  },
  header: { value: 'name=value', summary: 'A header of every delivery.', isRepeatable: true },
  metadata: { value: 'name=value', summary: 'A note of your own.', isRepeatable: true },
  scheme: {
    value: 'scheme',
    summary: 'How deliveries are signed.',
    isRepeatable: true,
    choices: SIGNATURE_SCHEMES,
  },
  'ingest-signature': {
    value: 'rule',
    summary: 'Whether ingest asks for a signature.',
    choices: ['off', 'optional', 'required'],
  },
  'rate-limit': { value: 'n', summary: 'At most this many attempts a second.' },
  'max-concurrency': { value: 'n', summary: 'At most this many attempts at once.' },
  'retry-schedule': {
    value: 'schedule',
    summary: 'Such as 10s,1m,5m or exponential:2m:5 or standard-webhooks or none.',
  },
  'timeout-ms': { value: 'ms', summary: 'Deadline of an attempt.' },
  secret: { value: 'secret', summary: 'The signing secret; made unless given.' },
  data: { value: 'json', summary: 'More fields of the API as JSON, @file or - for stdin.' },
};

/** `posthorn subscriptions …`. */
export const SUBSCRIPTION_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'subscriptions list',
    summary: 'List subscriptions.',
    isRemote: true,
    options: {
      status: {
        value: 'status',
        summary: 'Only these.',
        choices: ['active', 'paused', 'disabled'],
      },
      type: { value: 'type', summary: 'Only those that would be sent an event of this type.' },
      search: { value: 'text', summary: 'Only those whose name or target holds this.' },
      tenant: { value: 'tenant', summary: "Only this tenant's." },
      limit: { value: 'n', summary: 'At most this many; 100 unless given.' },
    },
    examples: [
      ['posthorn subscriptions list --status disabled', 'Subscriptions that need attention.'],
      ['posthorn subscriptions list --type order.created --json', 'Its subscribers.'],
    ],
    load: async () => (await import('../subscriptions.ts')).listSubscriptions,
  },
  {
    path: 'subscriptions show',
    summary: 'Show a subscription.',
    args: [{ name: 'id' }],
    isRemote: true,
    examples: [[`posthorn subscriptions show ${ID}`, 'Everything about it but its secret.']],
    load: async () => (await import('../subscriptions.ts')).showSubscription,
  },
  {
    path: 'subscriptions create',
    summary: 'Subscribe a URL to events.',
    details: 'Prints the signing secret, which the receiver needs.',
    args: [{ name: 'target-url' }],
    isRemote: true,
    options: {
      ...FIELDS,
      tenant: { value: 'tenant', summary: 'The tenant it belongs to.' },
      paused: { summary: 'Hold its deliveries until it is resumed.' },
    },
    examples: [
      [
        "posthorn subscriptions create https://example.com/hook --types 'order.*,invoice.paid'",
        'Two kinds of events.',
      ],
      [
        'posthorn subscriptions create https://example.com/hook --json | jq -r .secret',
        'The secret alone.',
      ],
    ],
    load: async () => (await import('../subscriptions.ts')).createSubscription,
  },
  {
    path: 'subscriptions update',
    summary: 'Change a subscription; fields that are not given stay as they are.',
    args: [{ name: 'id' }],
    isRemote: true,
    options: { target: { value: 'url', summary: 'Where deliveries go.' }, ...FIELDS },
    examples: [
      [
        `posthorn subscriptions update ${ID} --target https://example.com/new --types 'order.*'`,
        'Move it.',
      ],
    ],
    load: async () => (await import('../subscriptions.ts')).updateSubscription,
  },
  {
    path: 'subscriptions pause',
    summary: "Hold a subscription's deliveries.",
    args: [{ name: 'id' }],
    isRemote: true,
    examples: [[`posthorn subscriptions pause ${ID}`, 'Before maintenance.']],
    load: async () => (await import('../subscriptions.ts')).setStatus('paused'),
  },
  {
    path: 'subscriptions resume',
    summary: 'Release the held deliveries of a paused subscription, or enable a disabled one.',
    args: [{ name: 'id' }],
    isRemote: true,
    examples: [[`posthorn subscriptions resume ${ID}`, 'After maintenance.']],
    load: async () => (await import('../subscriptions.ts')).setStatus('active'),
  },
  {
    path: 'subscriptions delete',
    summary: 'Delete a subscription and cancel its pending deliveries.',
    args: [{ name: 'id' }],
    isRemote: true,
    options: { yes: { summary: 'Do not ask.' } },
    examples: [[`posthorn subscriptions delete ${ID} --yes`, 'In a script.']],
    load: async () => (await import('../subscriptions.ts')).deleteSubscription,
  },
  {
    path: 'subscriptions test',
    summary: "Send a sample event now and show the receiver's answer.",
    details: 'Ends with 1 when the receiver did not answer 2xx.',
    args: [{ name: 'id' }],
    isRemote: true,
    examples: [[`posthorn subscriptions test ${ID}`, 'Is it reachable?']],
    load: async () => (await import('../subscriptions.ts')).testSubscription,
  },
  {
    path: 'subscriptions rotate',
    summary: 'Give a subscription a new signing secret.',
    args: [{ name: 'id' }],
    isRemote: true,
    options: {
      secret: { value: 'secret', summary: 'The new one; made unless given.' },
      'overlap-hours': {
        value: 'hours',
        summary: 'How long the old one stays valid; 24 unless given.',
      },
    },
    examples: [
      [`posthorn subscriptions rotate ${ID}`, 'The old one signs for another day.'],
      [`posthorn subscriptions rotate ${ID} --overlap-hours 0`, 'The old one has leaked.'],
    ],
    load: async () => (await import('../subscriptions.ts')).rotateSecret,
  },
];
