import fc from 'fast-check';
import t from 'tap';
import {
  compareDecimals,
  decimalOf,
  isMultipleOf,
  isWhole,
  normalText,
} from '../../src/json/decimal.ts';
import {
  compareNumbers,
  ExactNumber,
  isHeld,
  mayBeInexact,
  numberKey,
  parseExact,
  parseSourced,
  withDoubles,
} from '../../src/json/exact-json.ts';

/** A number as JSON writes it, and what it is times 10^80. */
const written = fc
  .record({
    digits: fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }),
    places: fc.integer({ min: 0, max: 30 }),
    power: fc.integer({ min: -20, max: 20 }),
    zeros: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ digits, places, power, zeros }) => {
    const text = String(digits < 0n ? -digits : digits).padStart(places + 1, '0');
    const whole = text.slice(0, text.length - places);
    const fraction = text.slice(text.length - places) + '0'.repeat(zeros);
    const json = `${digits < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}${power === 0 ? '' : `e${power}`}`;
    return { json, scaled: digits * 10n ** BigInt(80 - places + power) };
  });
const signOf = (value: bigint | number) => Number(value > 0) - Number(value < 0);

t.test('decimals compare, divide and are whole as whole numbers say', async () => {
  fc.assert(
    fc.property(written, written, (one, other) => {
      const [a, b] = [decimalOf(one.json), decimalOf(other.json)];
      const isMultiple = other.scaled !== 0n && one.scaled % other.scaled === 0n;
      return (
        signOf(compareDecimals(a, b)) === signOf(one.scaled - other.scaled) &&
        isMultipleOf(a, b) === isMultiple &&
        isWhole(a) === (one.scaled % 10n ** 80n === 0n) &&
        (normalText(a) === normalText(b)) === (one.scaled === other.scaled)
      );
    }),
    { numRuns: 2_000 },
  );
});

t.test('a product of a divisor is its multiple, and its neighbour is none', async () => {
  fc.assert(
    fc.property(
      fc.bigInt(1n, 10n ** 12n),
      fc.bigInt(2n, 10n ** 9n),
      fc.integer({ min: -300, max: 300 }),
      (factor, divisor, power) => {
        const of = decimalOf(`${divisor}e${power}`);
        return (
          isMultipleOf(decimalOf(`${factor * divisor}e${power}`), of) &&
          !isMultipleOf(decimalOf(`${factor * divisor + 1n}e${power}`), of)
        );
      },
    ),
    { numRuns: 2_000 },
  );
});

t.test('numbers of any size take no time', async (t) => {
  const huge = decimalOf(`1e${'9'.repeat(30)}`);
  t.ok(compareDecimals(huge, decimalOf('9'.repeat(1_000))) > 0);
  t.ok(isMultipleOf(huge, decimalOf('1024')));
  t.notOk(isMultipleOf(huge, decimalOf('7')));
  const long = decimalOf('7'.repeat(500_000));
  t.ok(isMultipleOf(long, decimalOf('7')));
  t.ok(decimalOf(`${'10'.repeat(250_000)}`).digits.length > 400_000);
});

t.test('every number comes back as it was written, to the last digit', async () => {
  fc.assert(
    fc.property(fc.array(written, { minLength: 1 }), (numbers) => {
      const back = JSON.parse(
        JSON.stringify(parseExact(`[${numbers.map(({ json }) => json).join()}]`)),
        // The text of each, which is all that is asked of the parser.
        (_key, value, { source }) => source ?? value,
      ) as string[];
      return numbers.every(
        ({ json }, index) =>
          compareDecimals(decimalOf(json), decimalOf(back[index] as string)) === 0,
      );
    }),
    { numRuns: 2_000 },
  );
});

t.test('only numbers that doubles hold are taken for harmless', async () => {
  fc.assert(
    fc.property(written, ({ json }) => mayBeInexact(json) || isHeld(json, Number(json))),
    { numRuns: 5_000 },
  );
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
      isHeld(JSON.stringify(value), value),
    ),
  );
});

t.test('doubles compare as what they are written as', async () => {
  const double = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(
      double,
      double,
      (one, other) =>
        signOf(compareNumbers(one, other)) ===
        signOf(compareDecimals(decimalOf(String(one)), decimalOf(String(other)))),
    ),
  );
});

t.test('JSON without such numbers is what JSON.parse makes of it', async (t) => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      t.strictSame(parseExact(text), JSON.parse(text));
      return true;
    }),
  );
  t.strictSame(parseExact('{"id":"12345678901234567890, 1e999"}'), {
    id: '12345678901234567890, 1e999',
  });
});

t.test('an exact number has no members, and a double near it', async (t) => {
  const exact = new ExactNumber('9007199254740993');
  t.strictSame(Object.keys(exact), []);
  t.equal(`${exact}`, '9007199254740993');
  t.strictSame(withDoubles({ a: [exact, 'b'], c: null }), { a: [2 ** 53, 'b'], c: null });
  t.equal(numberKey(exact), numberKey(new ExactNumber('9007199254740993.0')));
  t.not(numberKey(exact), numberKey(2 ** 53));
});

t.test('what stands in for a number is whole where it is', async (t) => {
  const { value, holder, numbers } = parseSourced(
    '{"a":[9007199254740993.5,1e400,1e-400,5],"b":9007199254740993}',
  );
  const { a, b } = value as { a: number[]; b: number };
  t.strictSame(a.map(Number.isInteger), [false, true, false, true]);
  t.strictSame({ holder, b }, { holder: { '': value }, b: 2 ** 53 });
  t.strictSame(
    [...(numbers.get(a) ?? [])].map(([key, exact]) => [key, String(exact)]),
    [
      ['0', '9007199254740993.5'],
      ['1', '1e400'],
      ['2', '1e-400'],
    ],
  );
  t.equal(String(numbers.get(value as object)?.get('b')), '9007199254740993');
  const root = parseSourced('1e400');
  t.equal(String(root.numbers.get(root.holder)?.get('')), '1e400');
});
