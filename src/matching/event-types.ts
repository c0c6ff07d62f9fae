/**
 * Whether a subscription is to receive events of this type. Ingest asks here, where the subscription
 * is known; an event for everybody is matched in SQL, by `posthorn.matching_subscriptions`
 * (sql/migrations/0003_matching.sql), with the same rule. A property test compares the two.
 */
export function wantsEventType(
  subscription: { readonly eventTypes: readonly string[] | null },
  eventType: string,
): boolean {
  const { eventTypes } = subscription;
  return eventTypes === null || eventTypes.some((pattern) => matches(pattern, eventType));
}

/**
 * `*` stands for any run of characters, also none. Taking each literal part at its first possible
 * place is enough, and unlike a regular expression costs no more for a hostile pattern.
 */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === text;

  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  const end = text.length - last.length;
  if (!text.startsWith(first) || !text.endsWith(last) || end < first.length) return false;

  let position = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, position);
    if (found === -1 || found + part.length > end) return false;
    position = found + part.length;
  }
  return true;
}
