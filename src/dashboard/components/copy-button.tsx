import { useEffect, useState } from 'react';

import { Icon } from './icon.tsx';

/** Copies `text`; and confirms it, also to screen readers. */
export function CopyButton({
  text,
  label = 'Copy',
  isCompact = false,
}: {
  text: string;
  label?: string;
  isCompact?: boolean;
}) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 2_000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () => {
    writeClipboard(text).then(
      () => setState('copied'),
      () => setState('refused'),
    );
  };
  const said = { idle: label, copied: 'Copied', refused: 'Not allowed' }[state];
  return (
    <button type="button" className="button small quiet" onClick={copy}>
      <Icon name={state === 'copied' ? 'check' : 'copy'} />
      <span aria-live="polite" className={isCompact && state === 'idle' ? 'visually-hidden' : ''}>
        {said}
      </span>
    </button>
  );
}

async function writeClipboard(text: string): Promise<void> {
  // Browsers offer the clipboard on HTTPS and localhost only.
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  if (!isCopied) throw new Error('The browser refused.');
}

/** An id or another short text that is there to be copied. */
export function Identifier({ value }: { value: string }) {
  return (
    <span className="identifier">
      <code>{value}</code>
      <CopyButton text={value} isCompact />
    </span>
  );
}
