/**
 * As much of HTTP/1.1 as a benchmark on loopback meets: messages with a Content-Length or without
 * a body. Node's own client and server would cost more than the service under test.
 */
export type OnMessage = (head: string, body: Buffer) => void;

const HEAD_END = '\r\n\r\n';

/** Cuts a connection's bytes into messages. Throws on what it does not read. */
export function createMessageReader(onMessage: OnMessage): (chunk: Buffer) => void {
  let rest: Buffer | undefined;
  return (chunk) => {
    const data = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    rest = undefined;
    let start = 0;
    while (start < data.length) {
      const headEnd = data.indexOf(HEAD_END, start, 'latin1');
      if (headEnd === -1) break;
      const head = data.toString('latin1', start, headEnd);
      const bodyStart = headEnd + HEAD_END.length;
      const end = bodyStart + contentLength(head);
      if (end > data.length) break;
      onMessage(head, data.subarray(bodyStart, end));
      start = end;
    }
    if (start < data.length) rest = data.subarray(start);
  };
}

function contentLength(head: string): number {
  const value = header(head, 'content-length');
  if (value !== undefined) return Number(value);
  if (header(head, 'transfer-encoding') !== undefined) {
    throw new Error('chunked bodies are not read here');
  }
  return 0;
}

/** The value of a header, whose name is given in lower case. */
export function header(head: string, name: string): string | undefined {
  const line = `\r\n${name}: `;
  let start = head.indexOf(line);
  if (start === -1) start = head.toLowerCase().indexOf(line);
  if (start === -1) return undefined;
  const end = head.indexOf('\r\n', start + line.length);
  return head.slice(start + line.length, end === -1 ? undefined : end);
}

/** The number in a response's status line. */
export function statusCode(head: string): number {
  return Number(head.slice(9, 12));
}
