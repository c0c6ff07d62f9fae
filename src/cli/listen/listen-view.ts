import type { Addressee } from '../../attempts/delivery-request.ts';
import type { SendOutcome } from '../../sender/sender.ts';
import type { ApiError } from '../api-client.ts';
import type { Terminal } from '../terminal.ts';
import type { ListedEvent } from './event-feed.ts';
import type { Forwarded } from './forwarder.ts';

/** The output of `listen`, line by line; with `--json`, one document a line with its `kind`. */
export function createListenView(terminal: Terminal, url: string) {
  const { style, clean } = terminal;
  let forwarded = 0;
  let accepted = 0;

  function line(event: ListedEvent, text: string): void {
    const clock = new Date().toISOString().slice(11, 23);
    terminal.line(
      `${style('dim', clock)}  ${style('bold', event.event_type.padEnd(20))}  ${event.id}  ${text}`,
    );
  }

  return {
    started(
      { targetUrl, secrets: [secret = ''], signatureSchemes }: Addressee,
      types: readonly string[] | null,
    ) {
      terminal.json({
        kind: 'started',
        url,
        forward_to: targetUrl,
        secret,
        types,
        signature_schemes: signatureSchemes,
      });
      terminal.line(
        `Forwarding ${types === null ? 'every event' : types.join(', ')} from ${url} to ${clean(targetUrl)}`,
      );
      terminal.line(`Signing secret  ${style('bold', clean(secret))}  (--secret keeps it)`);
      terminal.line('Ctrl-C ends it.');
      terminal.line();
    },
    forwarded({ event, attempt, outcome, nextInMs }: Forwarded) {
      const error =
        outcome.kind === 'responded' ? null : { kind: outcome.kind, message: outcome.message };
      terminal.json({
        kind: 'attempt',
        id: event.id,
        event_type: event.event_type,
        received_at: event.received_at,
        attempt_number: attempt,
        status_code: outcome.kind === 'responded' ? outcome.statusCode : null,
        duration_ms: Math.round(outcome.durationMs),
        error,
        next_in_ms: nextInMs ?? null,
      });
      const again = nextInMs === undefined ? '' : `; trying again in ${nextInMs / 1_000} s`;
      line(event, describe(outcome, style) + again);
    },
    done(outcome: SendOutcome) {
      forwarded += 1;
      if (isAccepted(outcome)) accepted += 1;
    },
    gone(event: ListedEvent) {
      terminal.json({ kind: 'gone', id: event.id, event_type: event.event_type });
      line(event, 'is not kept any more');
    },
    lost(error: ApiError) {
      terminal.json({ kind: 'lost', detail: error.message });
      terminal.line(style('yellow', `${error.message}. Trying again.`));
    },
    back() {
      terminal.json({ kind: 'back' });
      terminal.line(style('green', `${url} is back. Forwarding what was missed.`));
    },
    ended() {
      terminal.json({ kind: 'ended', forwarded, accepted });
      terminal.line();
      terminal.line(`Forwarded ${forwarded}, of which ${accepted} were answered 2xx.`);
    },
  };
}

function isAccepted(outcome: SendOutcome): boolean {
  return outcome.kind === 'responded' && outcome.statusCode >= 200 && outcome.statusCode < 300;
}

function describe(outcome: SendOutcome, style: Terminal['style']): string {
  const ms = `${Math.round(outcome.durationMs)} ms`;
  if (outcome.kind !== 'responded') return `→ ${style('red', outcome.message)} after ${ms}`;
  const { statusCode } = outcome;
  const look = isAccepted(outcome) ? 'green' : statusCode < 500 ? 'yellow' : 'red';
  return `→ ${style(look, String(statusCode))} in ${ms}`;
}
