import { useNow } from '../data/use-now.ts';
import { formatClock, formatDateTime, formatRelative, formatSpanMs } from '../format.ts';

/** An age or a wait that counts; the full time is in its title. */
export function RelativeTime({ at }: { at: string | null | undefined }) {
  const nowMs = useNow();
  if (at === null || at === undefined) return <span className="faint">–</span>;
  return (
    <time dateTime={at} title={fullTime(at)}>
      {formatRelative(at, nowMs)}
    </time>
  );
}

/** How long it has been so, counting. */
export function Elapsed({ since }: { since: string }) {
  const nowMs = useNow();
  return (
    <time dateTime={since} title={fullTime(since)}>
      {formatSpanMs(nowMs - Date.parse(since))}
    </time>
  );
}

export function ClockTime({ at }: { at: string }) {
  return (
    <time className="mono" dateTime={at} title={fullTime(at)}>
      {formatClock(at)}
    </time>
  );
}

export function DateTime({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at}>
      {formatDateTime(at)}
    </time>
  );
}

function fullTime(at: string): string {
  return `${formatDateTime(at)} (${at})`;
}
