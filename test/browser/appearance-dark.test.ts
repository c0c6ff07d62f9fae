import t from 'tap';
import { browserIsMissing } from './browser.ts';
import { examineViews } from './views.ts';

t.test('every view in dark colours', { skip: browserIsMissing }, (t) => examineViews(t, 'dark'));
