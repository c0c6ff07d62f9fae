import { useEffect, useId, useRef } from 'react';
import type { ReactNode } from 'react';

import type { Action } from '../data/use-action.ts';
import { ErrorNotice } from './notice.tsx';

/** A modal dialog: the browser keeps the focus inside and gives it back. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    dialog.current?.showModal();
    // React has no autofocus attribute for showModal to use.
    dialog.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={titleId} onClose={onClose}>
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  );
}

/** Asks before something that cannot be taken back. */
export function ConfirmDialog({
  title,
  children,
  confirmLabel,
  action,
  onClose,
}: {
  title: string;
  children: ReactNode;
  confirmLabel: string;
  action: Action<[]>;
  onClose: () => void;
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <ErrorNotice error={action.error} />
      <div className="actions dialog-actions">
        <button type="button" className="button" onClick={onClose} data-autofocus>
          Keep it
        </button>
        <button
          type="button"
          className="button danger"
          disabled={action.isRunning}
          onClick={() => void action.run()}
        >
          {confirmLabel}
        </button>
      </div>
    </Dialog>
  );
}
