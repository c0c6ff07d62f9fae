import { OPEN_LOOPBACK } from './access/first-key.ts';
import type { Config } from './config/config.ts';
import { LOOPBACK_UNTIL_FIRST_KEY } from './sender/target-guard.ts';

type Welcome = {
  readonly address: string;
  readonly config: Config;
  readonly role: string;
  readonly isKeyNeeded: boolean;
  /** Just made, and to be shown here or never. */
  readonly firstKey: string | undefined;
};

/** Shows a newcomer where everything is, and a first line to try. */
export function printWelcome({ address, config, role, isKeyNeeded, firstKey }: Welcome): void {
  const database =
    config.databaseUrl === undefined
      ? `embedded Postgres in ${config.dataDir}`
      : 'the Postgres at DATABASE_URL';
  const lines = [
    '',
    `Posthorn is listening (${role}, on ${database}).`,
    '',
    `  Dashboard      ${address}/`,
    `  API            ${address}`,
    `  Documentation  ${address}/docs`,
    `  Guides         ${address}/guides`,
  ];
  if (config.testReceiver) lines.push(`  Test receiver  ${address}/webhook`);
  lines.push(...describeAccess({ isKeyNeeded, firstKey }));
  if (config.secretEncryptionKeys.length === 0) {
    lines.push('  SECRET_ENCRYPTION_KEY is not set: signing secrets are stored unencrypted.');
  }
  lines.push(...describePrivateTargets(config, isKeyNeeded));
  const isLoopbackClosed = config.allowPrivateTargets === LOOPBACK_UNTIL_FIRST_KEY && isKeyNeeded;
  const target =
    config.testReceiver && !isLoopbackClosed ? `${address}/webhook` : 'https://example.com/hook';
  const key = isKeyNeeded || firstKey !== undefined ? '-H "authorization: Bearer $KEY" ' : '';
  lines.push(
    '',
    '  Try:',
    `  curl ${address}/subscriptions -H 'content-type: application/json' ${key}\\`,
    `    -d '{"target_url": "${target}"}'`,
    `  curl ${address}/events -H 'content-type: application/json' ${key}\\`,
    `    -d '{"event_type": "order.created", "payload": {"id": 7}}'`,
    '',
    '',
  );
  process.stdout.write(lines.join('\n'));
}

function describePrivateTargets(
  { allowPrivateTargets }: Config,
  isKeyNeeded: boolean,
): readonly string[] {
  if (allowPrivateTargets === LOOPBACK_UNTIL_FIRST_KEY) {
    return isKeyNeeded
      ? [
          '  There is an API key, so deliveries to this machine are held, those to the test receiver too.',
          `  To deliver them: ${OPEN_LOOPBACK}`,
        ]
      : [
          '  Deliveries to this machine are allowed until the first API key is created, and held from then on.',
          `  To allow them anyway: ${OPEN_LOOPBACK}`,
        ];
  }
  return allowPrivateTargets.length > 0
    ? [`  Deliveries may go to ${allowPrivateTargets.join(', ')}.`]
    : [];
}

function describeAccess({ isKeyNeeded, firstKey }: Pick<Welcome, 'isKeyNeeded' | 'firstKey'>) {
  if (firstKey === undefined) {
    return isKeyNeeded
      ? []
      : ['', '  There are no API keys: only requests from this machine are accepted.'];
  }
  return [
    '',
    '  This is the first API key. It may do everything and is shown only once:',
    `  KEY=${firstKey}`,
    '  Create and revoke keys with: posthorn keys',
    '',
  ];
}
