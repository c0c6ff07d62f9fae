export interface StreamMessage {
  event: string;
  data: string;
  /** The last id the server gave, for `Last-Event-ID`. */
  lastEventId: string;
}

/**
 * Server-Sent Events of a response body. `EventSource` cannot send an API key, `fetch` can.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* readEventStream(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<StreamMessage> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let fields: { event: string; data: string[] } = { event: 'message', data: [] };
  let lastEventId = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (fields.data.length > 0) {
            yield { event: fields.event, data: fields.data.join('\n'), lastEventId };
          }
          fields = { event: 'message', data: [] };
          continue;
        }
        const [, name, text = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
        if (name === 'event') fields.event = text;
        else if (name === 'data') fields.data.push(text);
        else if (name === 'id') lastEventId = text;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
