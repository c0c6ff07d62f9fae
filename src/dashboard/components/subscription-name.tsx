import { useSubscriptionName } from '../data/subscription-names.ts';
import { shortId } from '../format.ts';
import { Link, href } from '../router.tsx';

/** A subscription by its name, as a link unless it has been deleted. */
export function SubscriptionName({ id }: { id: string }) {
  const name = useSubscriptionName(id);
  const title = name?.title ?? shortId(id);
  if (name?.isDeleted) {
    return (
      <span className="faint" dir="auto" title={id}>
        {title} (deleted)
      </span>
    );
  }
  return (
    <Link to={href.subscription(id)} className="cell-link" dir="auto" title={title}>
      {title}
    </Link>
  );
}
