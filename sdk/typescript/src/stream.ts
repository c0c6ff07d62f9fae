import { ApiError, ConnectionError } from './errors.ts';
import type { Attempt, Delivery } from './generated/types.ts';
import { pause, type Call, type CallOptions, type Http } from './http.ts';
import { waitMs } from './retry.ts';

/** What `GET /stream` tells. */
export type StreamEvent =
  | {
      event: 'attempt';
      /** Goes on from here, as `lastEventId`. */
      id: string;
      data: Attempt & Pick<Delivery, 'subscription_id' | 'event_id' | 'event_type' | 'tenant'>;
    }
  | { event: 'delivery'; id?: string; data: Delivery }
  | { event: 'skipped'; id?: string; data: { count: number | null } };

const LAST_EVENT_ID = 'Last-Event-ID';
/** The service says something every 15 seconds; where it does not, the connection is dead. */
const MAX_SILENCE_MS = 60_000;

/**
 * Server-Sent Events as they come. Where the connection ends it reconnects, and what was missed
 * meanwhile comes first; a loop over this ends with `break`, with the signal, or when the service
 * refuses.
 */
export async function* iterateEvents<T>(
  http: Http,
  call: Call,
  options: CallOptions = {},
): AsyncGenerator<T, void, undefined> {
  // Ends the connection when the loop that reads from here is left.
  const left = new AbortController();
  const signal =
    options.signal === undefined ? left.signal : AbortSignal.any([left.signal, options.signal]);
  let lastId = call.headers?.[LAST_EVENT_ID];
  try {
    for (let tries = 1; ; tries += 1) {
      const headers = { ...call.headers, [LAST_EVENT_ID]: lastId };
      try {
        const response = await http.open({ ...call, headers }, { ...options, signal });
        for await (const message of readMessages(response)) {
          tries = 0;
          lastId = message.id ?? lastId;
          yield message as T;
        }
      } catch (error) {
        if (signal.aborted || error instanceof ApiError || !isLost(error)) throw error;
      }
      await pause(waitMs(Math.max(tries, 1), null) ?? 0, signal);
    }
  } finally {
    left.abort();
  }
}

/** A broken body is a TypeError in every implementation of fetch. */
const isLost = (error: unknown): boolean =>
  error instanceof ConnectionError || error instanceof TypeError;

type Message = { event: string; id?: string; data: unknown };

async function* readMessages(response: Response): AsyncGenerator<Message, void, undefined> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await readInTime(reader);
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const message = readMessage(block);
        if (message !== undefined) yield message;
      }
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

async function readInTime(reader: ReadableStreamDefaultReader<Uint8Array>) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ConnectionError('the stream has gone silent')),
      MAX_SILENCE_MS,
    );
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Undefined for comments, which keep a connection open. */
function readMessage(block: string): Message | undefined {
  let event = 'message';
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, name, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (name === 'event') event = value as string;
    else if (name === 'id') id = value;
    else if (name === 'data') data.push(value as string);
  }
  if (data.length === 0) return undefined;
  return { event, data: JSON.parse(data.join('\n')), ...(id !== undefined && { id }) };
}
