import { api, askWithText } from '../api/client.ts';
import type { FilterTest, FilterTestResult } from '../api/types.ts';
import { itemTexts, memberTexts, withTexts } from '../json-text.ts';

type Condition = FilterTestResult['explanation'][number];

/** What a filter says of an event, with the values in it as they are written. */
export interface FilterOutcome {
  matches: boolean;
  conditions: (Condition & { expectedText: string; actualTexts: string[] })[];
}

/** @param texts members of the body that are JSON as typed */
export async function testFilter(
  body: FilterTest,
  texts: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<FilterOutcome> {
  const { data, text } = await askWithText((fetch) =>
    api.POST('/filters/test', {
      body,
      bodySerializer: (own) => withTexts(own, texts),
      ...(signal && { signal }),
      fetch,
    }),
  );
  const written = itemTexts(memberTexts(text).get('explanation') ?? '').map(memberTexts);
  return {
    matches: data.matches,
    conditions: data.explanation.map((condition, at) => ({
      ...condition,
      expectedText: written[at]?.get('expected') ?? '',
      actualTexts: itemTexts(written[at]?.get('actual') ?? ''),
    })),
  };
}
