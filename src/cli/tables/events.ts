import type { CommandSpec, OptionSpec } from '../command.ts';
import { FIXTURE_NAMES } from '../fixture-names.ts';

const ID = '019aac0b-49f9-7d20-9b41-6f3a2c8e5d17';

const PUBLISHING: Readonly<Record<string, OptionSpec>> = {
  tenant: { value: 'tenant', summary: 'The tenant of the event.' },
  'ordering-key': { value: 'key', summary: 'Delivered in order with others of this key.' },
  header: { value: 'name=value', summary: 'A header of every delivery.', isRepeatable: true },
  'idempotency-key': {
    value: 'key',
    summary: 'Repeats with this key create no second event.',
  },
};

/** Commands that publish and watch events. */
export const EVENT_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'publish',
    summary: 'Publish an event.',
    details:
      'The payload is delivered byte for byte. It is JSON on the line, in @file, or - for stdin.',
    args: [{ name: 'type' }, { name: 'payload', isOptional: true }],
    isRemote: true,
    options: PUBLISHING,
    examples: [
      ['posthorn publish order.created \'{"order": {"id": 8123}}\'', 'On the line.'],
      [
        'posthorn publish order.created @order.json --idempotency-key order-8123',
        'From a file, once.',
      ],
      ['jq .order dump.json | posthorn publish order.created -', 'From a pipe.'],
    ],
    load: async () => (await import('../publish.ts')).runPublish,
  },
  {
    path: 'trigger',
    summary: 'Publish a realistic sample event.',
    details: `Without a fixture it lists them. --set takes a dotted path and a value, which is JSON
where it reads as such and text otherwise.`,
    args: [{ name: 'fixture', isOptional: true, choices: FIXTURE_NAMES }],
    isRemote: true,
    options: {
      set: { value: 'path=value', summary: 'Change the payload there.', isRepeatable: true },
      print: { summary: 'Print the payload and publish nothing.' },
      ...PUBLISHING,
    },
    examples: [
      ['posthorn trigger order.created', 'A realistic order of a shop.'],
      [
        'posthorn trigger order.created --set customer.email=ada@example.com --set items.0.quantity=3',
        'Another one.',
      ],
      ['posthorn trigger payment.failed --print', 'Print it without publishing.'],
    ],
    load: async () => (await import('../trigger.ts')).runTrigger,
  },
  {
    path: 'listen',
    summary: 'Forward new events to a receiver on this machine, signed as deliveries are.',
    details: `Needs no address that others can reach, and no subscription: it asks the API for new events. What
is published while the server is away is forwarded once it is back; no event is forwarded twice.
Nothing of it shows in the deliveries of Posthorn. Ctrl-C ends it.`,
    isRemote: true,
    options: {
      'forward-to': { value: 'url', summary: 'The URL to forward to. Required.' },
      types: {
        value: 'patterns',
        summary: 'Event types, by commas, such as order.*; all unless given.',
        isRepeatable: true,
      },
      since: { value: 'time', summary: 'Begin that long ago, such as 10m, or at a time.' },
      tenant: { value: 'tenant', summary: "Only this tenant's events." },
      secret: { value: 'secret', summary: 'Sign with this; made and printed unless given.' },
      scheme: {
        value: 'scheme',
        summary: 'standard-webhooks and github unless given.',
        isRepeatable: true,
        choices: ['standard-webhooks', 'github', 'stripe'],
      },
      retries: {
        value: 'n',
        summary: 'How often to try again while the receiver does not answer; 3 unless given.',
      },
      concurrency: { value: 'n', summary: 'Requests at once; 4 unless given, 1 keeps the order.' },
      'timeout-ms': { value: 'ms', summary: 'Deadline of a request; 10000 unless given.' },
    },
    examples: [
      [
        'posthorn listen --forward-to http://localhost:4000/hook',
        'Everything that happens from now on.',
      ],
      [
        "posthorn listen --forward-to http://localhost:4000/hook --types 'order.*' --since 10m",
        'Some of it, from a while ago.',
      ],
    ],
    load: async () => (await import('../listen/listen.ts')).runListen,
  },
  {
    path: 'tail',
    summary: 'Watch attempts as they are made.',
    details:
      'Reconnects, and resumes after the last attempt it saw. With --json one attempt a line. Ctrl-C ends it.',
    isRemote: true,
    options: {
      subscription: { value: 'id', summary: 'Only this subscription.' },
      types: {
        value: 'patterns',
        summary: 'Event types, by commas, such as order.*.',
        isRepeatable: true,
      },
      status: {
        value: 'status',
        summary: 'Only attempts that left their delivery so.',
        choices: ['pending', 'delivered', 'failed'],
      },
      tenant: { value: 'tenant', summary: "Only this tenant's." },
    },
    examples: [
      ['posthorn tail --status failed', 'Failures, as they happen.'],
      ["posthorn tail --types 'order.*' --json | jq .duration_ms", 'For other programs.'],
    ],
    load: async () => (await import('../tail.ts')).runTail,
  },
  {
    path: 'events list',
    summary: 'List events, newest first.',
    isRemote: true,
    options: {
      type: { value: 'type', summary: 'Only this type.' },
      status: {
        value: 'status',
        summary: 'Only those with a delivery in this state.',
        choices: ['pending', 'delivering', 'delivered', 'failed', 'discarded', 'cancelled'],
      },
      since: { value: 'time', summary: 'Such as 1h, or a time.' },
      until: { value: 'time', summary: 'Such as 10m, or a time.' },
      tenant: { value: 'tenant', summary: "Only this tenant's." },
      limit: { value: 'n', summary: 'At most this many; 20 unless given.' },
    },
    examples: [['posthorn events list --type order.created --since 1h', "The last hour's orders."]],
    load: async () => (await import('../events.ts')).listEvents,
  },
  {
    path: 'events show',
    summary: 'Show an event and its deliveries.',
    args: [{ name: 'id' }],
    isRemote: true,
    examples: [[`posthorn events show ${ID}`, 'Its deliveries and their attempts.']],
    load: async () => (await import('../events.ts')).showEvent,
  },
  {
    path: 'events payload',
    summary: "Print an event's payload, byte for byte.",
    args: [{ name: 'id' }],
    isRemote: true,
    examples: [[`posthorn events payload ${ID} > order.json`, 'Keep it.']],
    load: async () => (await import('../events.ts')).printPayload,
  },
];
