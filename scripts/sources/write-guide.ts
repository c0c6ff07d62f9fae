/** Writes docs/sources-kinds.md from the table of kinds. */
import { writeFile } from 'node:fs/promises';

import { kindsGuide } from '../generate/sources-docs.ts';

await writeFile(new URL('../../docs/sources-kinds.md', import.meta.url), kindsGuide());
