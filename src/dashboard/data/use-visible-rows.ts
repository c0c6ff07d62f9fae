import { useLayoutEffect, useState } from 'react';
import type { RefObject } from 'react';

const OVERSCAN_ROWS = 15;
/** Up to this many rows, windowing costs more than it saves. */
const SMALL = 80;

interface VisibleRows {
  first: number;
  /** One past the last. */
  last: number;
  rowHeightPx: number;
}

/** Which of `count` rows of equal height the page's scrolling shows. */
export function useVisibleRows(
  body: RefObject<HTMLTableSectionElement | null>,
  count: number,
): VisibleRows {
  const [rows, setRows] = useState<VisibleRows>({ first: 0, last: SMALL, rowHeightPx: 40 });
  useLayoutEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      const element = body.current;
      if (element === null) return;
      const row = element.querySelector<HTMLElement>('tr:not(.spacer)');
      const rowHeightPx = row?.offsetHeight || 40;
      const top = -element.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(top / rowHeightPx) - OVERSCAN_ROWS);
      const last = Math.ceil((top + window.innerHeight) / rowHeightPx) + OVERSCAN_ROWS;
      setRows((before) =>
        before.first === first && before.last === last && before.rowHeightPx === rowHeightPx
          ? before
          : { first, last, rowHeightPx },
      );
    };
    const schedule = () => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    window.addEventListener('scroll', schedule, { passive: true });
    window.addEventListener('resize', schedule);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener('scroll', schedule);
      window.removeEventListener('resize', schedule);
    };
  }, [body, count]);
  if (count <= SMALL) return { first: 0, last: count, rowHeightPx: rows.rowHeightPx };
  const last = Math.min(count, Math.max(rows.last, 1));
  return { first: Math.min(rows.first, last - 1), last, rowHeightPx: rows.rowHeightPx };
}
