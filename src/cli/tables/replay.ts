import type { CommandSpec } from '../command.ts';

const SUBSCRIPTION = '019aa089-9af2-7c31-8a5e-2f0d6c1b7e94';
const ID = '019aac0c-5d21-7b4e-9f03-8c2a6e1d4b70';

const onReplay = (verb: 'pause' | 'resume' | 'cancel', summary: string): CommandSpec => ({
  path: `replay ${verb}`,
  summary,
  args: [{ name: 'id' }],
  isRemote: true,
  examples: [[`posthorn replay ${verb} ${ID}`, summary]],
  load: async () => (await import('../replay.ts')).changeReplay(verb),
});

/** `posthorn replay …`: sending again what a time range holds, in the background of the server. */
export const REPLAY_COMMANDS: readonly CommandSpec[] = [
  {
    path: 'replay start',
    summary: 'Send again what a subscription has missed since a time.',
    details: `It runs in the server: Ctrl-C ends the watching and not the replay. Ends with 0 when the
replay is complete, and with 1 when it fails, is paused or is cancelled.`,
    args: [{ name: 'subscription' }],
    isRemote: true,
    options: {
      since: { value: 'time', summary: 'Such as 1h, or a time.' },
      until: { value: 'time', summary: 'Such as 10m, or a time.' },
      status: {
        value: 'status',
        summary: 'Deliveries that ended so; failed and discarded unless given.',
        isRepeatable: true,
        choices: ['delivered', 'failed', 'discarded', 'cancelled', 'filtered'],
      },
      types: {
        value: 'patterns',
        summary: 'Event types, by commas, such as order.*.',
        isRepeatable: true,
      },
      event: { value: 'id', summary: 'Only this event.' },
      source: {
        value: 'source',
        summary: "events looks at all of the tenant's events, for a new subscription.",
        choices: ['deliveries', 'events'],
      },
      to: { value: 'id', summary: 'To this subscription instead of the one it is from.' },
      'rate-limit': { value: 'n', summary: 'At most this many deliveries a second.' },
      'dry-run': { summary: 'Only count.' },
      detach: { summary: 'Do not watch it.' },
    },
    examples: [
      [`posthorn replay start ${SUBSCRIPTION} --since 6h --dry-run`, 'How many are undelivered?'],
      [`posthorn replay start ${SUBSCRIPTION} --since 6h --rate-limit 200`, 'Send them, gently.'],
      [
        `posthorn replay start ${SUBSCRIPTION} --source events --types 'order.*' --since 2d`,
        'Fill a new one.',
      ],
    ],
    load: async () => (await import('../replay.ts')).startReplay,
  },
  {
    path: 'replay watch',
    summary: 'Watch a replay until it ends.',
    args: [{ name: 'id' }],
    isRemote: true,
    examples: [[`posthorn replay watch ${ID}`, 'How far is it?']],
    load: async () => (await import('../replay.ts')).watchReplay,
  },
  {
    path: 'replay list',
    summary: 'List replays, newest first.',
    isRemote: true,
    options: {
      subscription: { value: 'id', summary: 'Only of or to this subscription.' },
      status: {
        value: 'status',
        summary: 'Only these.',
        choices: ['running', 'paused', 'cancelled', 'completed', 'failed'],
      },
      tenant: { value: 'tenant', summary: "Only this tenant's." },
      limit: { value: 'n', summary: 'At most this many; 20 unless given.' },
    },
    examples: [['posthorn replay list --status running', 'Replays that are running.']],
    load: async () => (await import('../replay.ts')).listReplays,
  },
  {
    path: 'replay show',
    summary: 'Show a replay.',
    args: [{ name: 'id' }],
    isRemote: true,
    examples: [[`posthorn replay show ${ID}`, 'A replay and its progress.']],
    load: async () => (await import('../replay.ts')).showReplay,
  },
  onReplay('pause', 'Hold a replay.'),
  onReplay('resume', 'Let a paused replay go on, or one that failed.'),
  onReplay('cancel', 'End a replay for good.'),
];
