import type { GeneratorMethods, Load } from '../generator.ts';
import { measure, type Row } from '../measure.ts';
import { startPeer, type Peer } from '../peer.ts';
import {
  eventTypes,
  ONE_PROCESS,
  onStage,
  type Bench,
  type NewEndpoint,
  type Stage,
} from '../stage.ts';
import { CLIENTS } from './saturate.ts';

export const QUIET = 'noisy, without the noise';
export const NOISY = 'noisy, with it';

const PER_SECOND = 500;
const HEALTHY = eventTypes(20, 'healthy');
const HANGING = 10;
const QUEUED = 100_000;
/** Of one length, as the load generator needs. */
const TROUBLED = {
  hang: eventTypes(1, 'hang'),
  slow: eventTypes(5, 'slow'),
  fail: eventTypes(5, 'fail'),
};
const TROUBLED_PER_SECOND = 100;
const PAYLOAD_BYTES = 1_024;
/** Beside the runs themselves: warm-up, counting, and the waits between. */
const SLACK_SECONDS = 30;

/** Whether subscriptions that are in trouble slow down those that are not. */
export function noisy(bench: Bench): Promise<Row[]> {
  const load = { eventTypes: HEALTHY, pace: { perSecond: PER_SECOND } };
  return onStage(bench, { programs: ONE_PROCESS, endpoints: endpoints() }, async (stage) => {
    const quiet = await measure(stage, { name: QUIET, load });
    const generator = startPeer<GeneratorMethods>(new URL('../generator.ts', import.meta.url));
    try {
      await makeNoise(stage, generator);
      return [quiet, await measure(stage, { name: NOISY, load })];
    } finally {
      await generator.stop();
    }
  });
}

function endpoints(): NewEndpoint[] {
  const group = 'troubled';
  return [
    ...HEALTHY.map((eventType) => ({ eventType })),
    ...Array.from(
      { length: HANGING },
      (): NewEndpoint => ({ eventType: TROUBLED.hang[0] as string, group, behaviour: 'hang' }),
    ),
    ...TROUBLED.slow.map((eventType): NewEndpoint => ({ eventType, group, behaviour: 'slow' })),
    ...TROUBLED.fail.map((eventType): NewEndpoint => ({ eventType, group, behaviour: 'fail' })),
  ];
}

/** Queues what will never be answered, and continues publishing to the slow and the failing. */
async function makeNoise(
  { bench, service }: Stage,
  generator: Peer<GeneratorMethods>,
): Promise<void> {
  const { seconds, runs, warmUpSeconds } = bench.options;
  const publish = (load: Omit<Load, 'port' | 'payloadBytes'>) =>
    generator.call('publish', { ...load, port: service.port, payloadBytes: PAYLOAD_BYTES });
  bench.say(`queueing ${QUEUED.toLocaleString('en')} deliveries that will not be answered`);
  await publish({
    eventTypes: TROUBLED.hang,
    pace: { clients: CLIENTS },
    seconds: 600,
    maxEvents: QUEUED / HANGING,
  });
  const ended = publish({
    eventTypes: [...TROUBLED.slow, ...TROUBLED.fail],
    pace: { perSecond: TROUBLED_PER_SECOND },
    seconds: seconds * runs + warmUpSeconds + SLACK_SECONDS,
  });
  // It is cut off when the measuring is over.
  ended.catch(() => undefined);
}
