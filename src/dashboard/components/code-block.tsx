import { useMemo, useState } from 'react';

import { formatBytes } from '../format.ts';
import { layOutJson } from '../pretty-json.ts';
import { CopyButton } from './copy-button.tsx';

/** Beyond this many characters only the beginning is laid out; copying still takes all. */
const MAX_SHOWN = 100_000;

/** Code or a body, as text and nothing but text. */
export function CodeBlock({ text, label }: { text: string; label: string }) {
  return (
    <div className="code">
      <div className="code-bar">
        <span>{label}</span>
        <CopyButton text={text} />
      </div>
      <pre tabIndex={0} aria-label={label}>
        {text.slice(0, MAX_SHOWN)}
      </pre>
      <Cut length={text.length} />
    </div>
  );
}

/** A body that is probably JSON: laid out for reading, or byte for byte. */
export function JsonBlock({ text, label }: { text: string; label: string }) {
  const [isRaw, setIsRaw] = useState(false);
  const tokens = useMemo(() => (text.length > MAX_SHOWN ? undefined : layOutJson(text)), [text]);
  const choose = (raw: boolean, name: string) => (
    <button type="button" aria-pressed={isRaw === raw} onClick={() => setIsRaw(raw)}>
      {name}
    </button>
  );
  return (
    <div className="code">
      <div className="code-bar">
        <span>
          {label} <span className="faint">{formatBytes(new Blob([text]).size)}</span>
        </span>
        {tokens !== undefined && (
          <span className="segments" role="group" aria-label="Layout">
            {choose(false, 'Pretty')}
            {choose(true, 'Raw')}
          </span>
        )}
        <CopyButton text={text} />
      </div>
      <pre tabIndex={0} aria-label={label} className={isRaw ? 'is-raw' : ''}>
        {tokens === undefined || isRaw
          ? text.slice(0, MAX_SHOWN)
          : tokens.map(({ kind, text: token }, index) =>
              kind === 'space' || kind === 'punctuation' ? (
                token
              ) : (
                <span key={index} className={`json-${kind}`}>
                  {token}
                </span>
              ),
            )}
        {text === '' && <span className="faint">(empty)</span>}
      </pre>
      <Cut length={text.length} />
    </div>
  );
}

function Cut({ length }: { length: number }) {
  if (length <= MAX_SHOWN) return null;
  return <p className="hint">Only the beginning is shown. Copy takes all of it.</p>;
}

export function HeaderList({ headers }: { headers: Readonly<Record<string, string>> }) {
  const entries = Object.entries(headers);
  if (entries.length === 0) return <p className="faint">None.</p>;
  return (
    <dl className="headers">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
