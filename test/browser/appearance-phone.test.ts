import t from 'tap';
import { browserIsMissing } from './browser.ts';
import { examineViews } from './views.ts';

t.test('every view on a phone', { skip: browserIsMissing }, (t) => examineViews(t, 'phone'));
