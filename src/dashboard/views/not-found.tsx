import { EmptyState } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { Link, href } from '../router.tsx';

export function NotFoundView() {
  return (
    <Page title="Nothing here">
      <EmptyState
        title="Return to sender"
        actions={
          <Link className="button primary" to={href.overview()}>
            Back to the overview
          </Link>
        }
      >
        <p>There is no view at this address.</p>
      </EmptyState>
    </Page>
  );
}
