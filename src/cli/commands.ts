import type { CommandSpec } from './command.ts';
import { DELIVERY_COMMANDS } from './tables/deliveries.ts';
import { EVENT_COMMANDS } from './tables/events.ts';
import { LOCAL_COMMANDS } from './tables/local.ts';
import { REPLAY_COMMANDS } from './tables/replay.ts';
import { SUBSCRIPTION_COMMANDS } from './tables/subscriptions.ts';
import { TYPE_COMMANDS } from './tables/types.ts';

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly CommandSpec[] = [
  ...LOCAL_COMMANDS,
  ...EVENT_COMMANDS,
  ...DELIVERY_COMMANDS,
  ...REPLAY_COMMANDS,
  ...SUBSCRIPTION_COMMANDS,
  ...TYPE_COMMANDS,
  {
    path: 'completion',
    summary: 'Print a script that completes commands and options.',
    args: [{ name: 'shell', choices: ['bash', 'zsh', 'fish'] }],
    examples: [
      ['source <(posthorn completion bash)', 'In ~/.bashrc.'],
      ['posthorn completion fish > ~/.config/fish/completions/posthorn.fish', 'Once, for fish.'],
    ],
    load: async () => (await import('./completion.ts')).runCompletion,
  },
];
