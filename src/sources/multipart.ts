const MAX_FIELDS = 1_000;
const CRLF = '\r\n';
const BLANK_LINE = '\r\n\r\n';

/**
 * The fields of a multipart/form-data body that are no files, as text. Its boundary is its first
 * line; what cannot be read yields no fields, since only a signature makes it worth more.
 */
export function multipartFields(body: Buffer): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  const start = body.indexOf('--');
  const lineEnd = body.indexOf(CRLF, start);
  if (start === -1 || lineEnd === -1 || lineEnd - start > 200) return fields;
  const delimiter = Buffer.concat([Buffer.from(CRLF), body.subarray(start, lineEnd)]);
  let at = lineEnd + CRLF.length;
  for (let count = 0; count < MAX_FIELDS; count += 1) {
    const end = body.indexOf(delimiter, at);
    if (end === -1) return fields;
    addField(fields, body.subarray(at, end));
    at = end + delimiter.length + CRLF.length;
  }
  return fields;
}

function addField(fields: Map<string, string[]>, part: Buffer): void {
  const headEnd = part.indexOf(BLANK_LINE);
  if (headEnd === -1) return;
  const head = part.subarray(0, headEnd).toString('utf8');
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? '';
  const name = /;\s*name="([^"]*)"/i.exec(disposition)?.[1];
  if (name === undefined || /;\s*filename\*?=/i.test(disposition)) return;
  const value = part.subarray(headEnd + BLANK_LINE.length).toString('utf8');
  const values = fields.get(name);
  if (values === undefined) fields.set(name, [value]);
  else values.push(value);
}
