export type RawResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/**
 * Cuts what a server wrote on a connection, as latin1, into final responses. Undefined when it is
 * not a run of HTTP responses. A response to HEAD is followed by no body whatever its length says,
 * which shows in what comes next.
 */
export function readResponses(text: string): RawResponse[] | undefined {
  const responses: RawResponse[] = [];
  let rest = text;
  while (rest !== '') {
    const headEnd = rest.indexOf('\r\n\r\n');
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(rest)?.[1];
    if (headEnd === -1 || status === undefined) return undefined;
    const headers = readHeaders(rest.slice(0, headEnd));
    rest = rest.slice(headEnd + 4);
    if (status.startsWith('1')) continue;
    const taken = takeBody(rest, headers, status);
    if (taken === undefined) return undefined;
    rest = rest.slice(taken.length);
    responses.push({
      status: Number(status),
      headers,
      body: Buffer.from(taken.body, 'latin1').toString(),
    });
  }
  return responses;
}

function readHeaders(head: string): Record<string, string> {
  return Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
  );
}

function takeBody(
  rest: string,
  headers: Readonly<Record<string, string>>,
  status: string,
): { body: string; length: number } | undefined {
  if (status === '204' || status === '304' || rest === '' || rest.startsWith('HTTP/1.1 ')) {
    return { body: '', length: 0 };
  }
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(rest);
  const length = Number(headers['content-length'] ?? rest.length);
  return length <= rest.length ? { body: rest.slice(0, length), length } : undefined;
}

function takeChunks(rest: string): { body: string; length: number } | undefined {
  let body = '';
  let at = 0;
  for (;;) {
    const line = /^([0-9a-f]+)\r\n/i.exec(rest.slice(at, at + 20));
    if (line === null) return undefined;
    const size = Number.parseInt(line[1] as string, 16);
    const start = at + line[0].length;
    body += rest.slice(start, start + size);
    at = start + size + 2;
    if (size === 0) return { body, length: at };
  }
}
