import fc from 'fast-check';
import { UNKNOWN_RECORD } from '../../../runtime/environments/invocation.js';
import { type BatchAnswerRules, readBatchAnswer } from '../../../runtime/lambda/batch-answer.js';

/** A batch of records named `r0` to `r9`, at offsets 100 to 109. */
const identifiers = {
  offsetOf: (given: unknown) => (/^r\d$/.test(String(given)) ? 100n + BigInt(String(given).slice(1)) : null),
};
const rules: BatchAnswerRules = { reportsFailures: true };
const failuresOf = (answer: unknown, given = rules) => readBatchAnswer(answer, given, identifiers).failures;
const failed = (...items: unknown[]) => ({ batchItemFailures: items });

test.each([
  ['an empty string', ''],
  ['null', null],
  ['nothing', undefined],
  ['an empty object', {}],
  ['null failures', { batchItemFailures: null }],
  ['no failures', failed()],
  ['something else', { ok: true }],
  ['text', 'processed 7 records'],
])('success: %s', (_, answer) => {
  expect(failuresOf(answer)).toEqual([]);
});

test.each([
  ['an empty identifier', failed({ itemIdentifier: '' })],
  ['a null identifier', failed({ itemIdentifier: null })],
  ['no identifier', failed({})],
  ['another key', failed({ id: 'r1' })],
  ['no object', failed(null)],
  ['the bare identifier', failed('r1')],
  ['an unknown record', failed({ itemIdentifier: 'r77' })],
  ['no list', { batchItemFailures: { itemIdentifier: 'r1' } }],
])('the whole batch failed: %s', (_, answer) => {
  expect(failuresOf(answer)).toEqual([UNKNOWN_RECORD]);
});

test('records that failed, an unknown one among them', () => {
  expect(
    failuresOf(failed({ itemIdentifier: 'r7' }, { itemIdentifier: 'x' }, { itemIdentifier: 'r2' })),
  ).toEqual([107n, UNKNOWN_RECORD, 102n]);
});

test('without ReportBatchItemFailures nothing is read', () => {
  expect(failuresOf(failed({ itemIdentifier: 'r7' }), { reportsFailures: false })).toEqual([]);
});

describe('in a tumbling window', () => {
  const within: BatchAnswerRules = { reportsFailures: true, window: { isFinal: false } };
  const read = (answer: unknown, given = within) => readBatchAnswer(answer, given, identifiers);

  test('the state is handed on, beside failures too', () => {
    expect(read({ state: { n: 1 } })).toEqual({ failures: [], state: '{"n":1}' });
    expect(read({ state: 7, ...failed({ itemIdentifier: 'r1' }) })).toEqual({ failures: [101n], state: '7' });
  });

  test.each([[null], [undefined], [''], [{}], [{ state: null }], [failed()], [[]]])(
    '%j has no state',
    (answer) => {
      expect(() => read(answer)).toThrow(expect.objectContaining({ code: 'WINDOW_STATE_MISSING' }));
      expect(read(answer, { ...within, window: { isFinal: true } })).toEqual({ failures: [] });
    },
  );

  test('it is demanded whatever else is reported', () => {
    expect(() => read({}, { ...within, reportsFailures: false })).toThrow("'state'");
  });
});

test('any answer is read, and every failure is a record of the batch or unknown', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.record({ batchItemFailures: fc.jsonValue() })), (answer) => {
      for (const offset of failuresOf(answer)) {
        expect(offset === UNKNOWN_RECORD || (offset >= 100n && offset <= 109n)).toBe(true);
      }
    }),
  );
});

test('what is reported is what is read, in its order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 }), (numbers) => {
      const answer = failed(...numbers.map((n) => ({ itemIdentifier: `r${n}`, extra: n })));
      expect(failuresOf(answer)).toEqual(numbers.map((n) => 100n + BigInt(n)));
    }),
  );
});
