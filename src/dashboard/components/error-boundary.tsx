import { Component } from 'react';
import type { ReactNode } from 'react';

import { Notice } from './notice.tsx';

interface State {
  error: unknown;
}

/** A fault of ours takes down one view and not the whole page. React offers this as a class only. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <Notice tone="bad" title="This view has failed">
        <p>{String(this.state.error)}</p>
        <button type="button" className="button small" onClick={() => window.location.reload()}>
          Reload the page
        </button>
      </Notice>
    );
  }
}
