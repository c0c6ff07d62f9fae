import type { CommandSpec, OptionSpec } from '../command.ts';

const ID = '019aac0b-49f9-7e02-b3c7-1a9d4e6f8025';

const FILTERS: Readonly<Record<string, OptionSpec>> = {
  subscription: { value: 'id', summary: "Only this subscription's." },
  type: { value: 'type', summary: 'Only of this event type.' },
  since: { value: 'time', summary: 'Such as 1h, or a time.' },
  until: { value: 'time', summary: 'Such as 10m, or a time.' },
  tenant: { value: 'tenant', summary: "Only this tenant's." },
};

/** Deliveries: looking them up and trying them again. */
export const DELIVERY_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'deliveries list',
    summary: 'List deliveries, newest first.',
    isRemote: true,
    options: {
      status: {
        value: 'status',
        summary: 'Only these.',
        choices: ['pending', 'delivering', 'delivered', 'failed', 'discarded', 'cancelled'],
      },
      event: { value: 'id', summary: 'Only of this event.' },
      ...FILTERS,
      limit: { value: 'n', summary: 'At most this many; 20 unless given.' },
    },
    examples: [['posthorn deliveries list --status failed --since 1d', 'Failures of a day.']],
    load: async () => (await import('../deliveries.ts')).listDeliveries,
  },
  {
    path: 'deliveries show',
    summary: 'Show a delivery with its attempts.',
    args: [{ name: 'id' }],
    isRemote: true,
    examples: [[`posthorn deliveries show ${ID}`, 'Why has it not arrived?']],
    load: async () => (await import('../deliveries.ts')).showDelivery,
  },
  {
    path: 'deliveries cancel',
    summary: 'Cancel a pending delivery.',
    args: [{ name: 'id' }],
    isRemote: true,
    examples: [[`posthorn deliveries cancel ${ID}`, 'It is not to arrive any more.']],
    load: async () => (await import('../deliveries.ts')).cancelDelivery,
  },
  {
    path: 'retry',
    summary: 'Try deliveries again, by id or all that failed since a time.',
    args: [{ name: 'delivery', isOptional: true, isRepeatable: true }],
    isRemote: true,
    options: {
      failed: { summary: 'All failed ones that match the other options.' },
      ...FILTERS,
      'dry-run': { summary: 'Only count them.' },
    },
    examples: [
      [`posthorn retry ${ID}`, 'This one, at once.'],
      ['posthorn retry --failed --since 1h', 'Everything that failed within the last hour.'],
    ],
    load: async () => (await import('../retry.ts')).runRetry,
  },
];
