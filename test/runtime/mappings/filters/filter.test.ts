import fc from 'fast-check';
import { codeOf, messageOf } from '../../../../common/errors.js';
import type { EventSourceKind } from '../../../../runtime/manifest/manifest.js';
import { compileFilter, filterProblems } from '../../../../runtime/mappings/filters/filter.js';
import { RecordKind } from '../../../../streams/record.js';
import { examples } from './documented-examples.js';
import { type Json, referenceMatches } from './reference.js';
import { subject } from './subject.js';

function passes(pattern: object, data: unknown, source: EventSourceKind = 'kinesis', more = {}): boolean {
  return compileFilter([pattern], source)!.matches(subject(data, more));
}

describe('the documented examples', () => {
  test.each(examples)('$name', ({ pattern, matches, differs }) => {
    for (const event of matches) expect([event, passes({ data: pattern }, event)]).toEqual([event, true]);
    for (const event of differs) expect([event, passes({ data: pattern }, event)]).toEqual([event, false]);
  });

  test.each(examples)('$name, as the reference has it', ({ pattern, matches, differs }) => {
    for (const event of matches) expect(referenceMatches(pattern, event as Json)).toBe(true);
    for (const event of differs) expect(referenceMatches(pattern, event as Json)).toBe(false);
  });
});

describe('any pattern and any event', () => {
  const names = ['a', 'b', 'c d', 'ä'];
  const text = fc.constantFrom('', 'a', 'ab', 'Ab', 'bA', 'x"y', '\\', 'ä', '/', 'a b');
  const number = fc.constantFrom(0, 1, -1, 2.5, 10, 4e9);
  const scalar = fc.oneof(text, number, fc.constantFrom(null, true, false));
  const nonEmpty = text.filter((value) => value !== '');
  const rule = fc.oneof(
    { arbitrary: scalar, weight: 4 },
    text.map((prefix) => ({ prefix })),
    text.map((suffix) => ({ suffix })),
    text.map((value) => ({ 'equals-ignore-case': value })),
    fc.boolean().map((exists) => ({ exists })),
    fc.oneof(text, number).map((value) => ({ 'anything-but': value })),
    fc.array(text, { minLength: 1, maxLength: 2 }).map((value) => ({ 'anything-but': value })),
    nonEmpty.map((prefix) => ({ 'anything-but': { prefix } })),
    fc.tuple(fc.constantFrom('=', '<', '<=', '>', '>='), number).map((numeric) => ({ numeric })),
    fc.constant({ numeric: ['>', 0, '<=', 5] }),
  );
  const leaf = fc.array(rule, { minLength: 1, maxLength: 3 });
  const { pattern } = fc.letrec<{ pattern: object; field: unknown }>((tie) => ({
    field: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('pattern')),
    pattern: fc.oneof(
      fc.dictionary(fc.constantFrom(...names), tie('field'), { minKeys: 1, maxKeys: 2 }),
      // Alternatives with fields of their own: which element of an array two mentions of a field mean is nowhere said.
      fc
        .tuple(tie('field'), tie('field'), tie('field'))
        .map(([a, b, c]) => ({ a, $or: [{ b }, { 'c d': c }] })),
    ),
  }));
  const { event } = fc.letrec<{ event: Json; value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalar as fc.Arbitrary<Json>,
      tie('event') as fc.Arbitrary<Json>,
      fc.array(tie('value') as fc.Arbitrary<Json>, { maxLength: 3 }),
    ),
    event: fc.dictionary(fc.constantFrom(...names), tie('value') as fc.Arbitrary<Json>, { maxKeys: 3 }),
  }));
  /** The same JSON as another writer would have it. */
  const writings: readonly ((json: string) => string)[] = [
    (json) => json,
    (json) => json.replace(/"(?:[^"\\]|\\.)*"/g, (text) => text.replaceAll('a', '\\u0061')),
    (json) => JSON.stringify(JSON.parse(json), null, 2),
  ];

  test('match as the reference says, however the JSON is written', () => {
    fc.assert(
      fc.property(pattern, event, fc.constantFrom(...writings), (pattern, event, write) => {
        const expected = referenceMatches(pattern, event);
        const written = write(JSON.stringify(event));
        for (const source of ['kinesis', 'sqs'] as const) {
          const name = source === 'kinesis' ? 'data' : 'body';
          expect(passes({ [name]: pattern }, written, source)).toBe(expected);
        }
        expect(passes({ value: pattern }, written, 'kafka')).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('sources', () => {
  test('no patterns, no filter', () => {
    expect(compileFilter([], 'kinesis')).toBeNull();
  });

  test('one of several patterns is enough', () => {
    const filter = compileFilter([{ data: { a: [1] } }, { partitionKey: ['k'] }], 'kinesis')!;
    expect(filter.matches(subject({ a: 1 }))).toBe(true);
    expect(filter.matches(subject('no JSON', { key: 'k' }))).toBe(true);
    expect(filter.matches(subject({ a: 2 }))).toBe(false);
  });

  test('Kinesis: data that is not JSON matches no pattern for data, whatever it asks', () => {
    for (const data of ['', 'text', '{"a":', Buffer.from([0xff, 0x00])]) {
      expect(passes({ data: { a: [{ exists: false }] } }, data)).toBe(false);
      expect(passes({ partitionKey: ['device-1'] }, data)).toBe(true);
    }
  });

  test('Kinesis: the fields around the data', () => {
    const arn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/telemetry';
    const select = (pattern: object) =>
      compileFilter([pattern], 'kinesis', { arn, bootstrapServers: [] })!.matches(subject({}));
    expect(select({ eventSourceARN: [arn], awsRegion: ['eu-west-1'] })).toBe(true);
    expect(select({ eventID: [{ prefix: 'shardId-000000000000:4' }] })).toBe(true);
    expect(select({ sequenceNumber: [{ exists: true }] })).toBe(true);
    expect(select({ approximateArrivalTimestamp: [{ numeric: ['>', 1_545_084_650] }] })).toBe(true);
    expect(select({ partitionKey: ['another'] })).toBe(false);
    expect(select({ unheardOf: ['x'] })).toBe(false);
  });

  test('SQS: body and pattern agree on what the body is, or the message does not match', () => {
    expect(passes({ body: ['hello'] }, 'hello', 'sqs')).toBe(true);
    expect(passes({ body: [{ prefix: 'he' }] }, 'hello', 'sqs')).toBe(true);
    expect(passes({ body: [{ exists: true }] }, { a: 1 }, 'sqs')).toBe(false);
    expect(passes({ body: { a: [1] } }, { a: 1 }, 'sqs')).toBe(true);
    expect(passes({ body: { a: [{ exists: false }] } }, 'hello', 'sqs')).toBe(false);
    expect(passes({ body: ['5'] }, '5', 'sqs')).toBe(true);
  });

  test('Kafka: where key or value and pattern disagree, the other fields decide', () => {
    const mismatch = { value: { a: [1] }, topic: ['telemetry'] };
    expect(passes(mismatch, 'text', 'kafka')).toBe(true);
    expect(passes({ ...mismatch, topic: ['other'] }, 'text', 'kafka')).toBe(false);
    expect(passes({ ...mismatch, key: ['another'] }, 'text', 'kafka')).toBe(false);
    expect(passes({ value: ['x'] }, { a: 1 }, 'kafka')).toBe(true);
    expect(passes({ value: [{ 'anything-but': ['error'] }] }, 'error', 'kafka')).toBe(false);
    expect(passes({ key: { id: [7] } }, '', 'kafka', { key: '{"id":7}' })).toBe(true);
    expect(passes({ partition: [2], offset: [9] }, '', 'kafka', { partition: 2, offset: 9n })).toBe(true);
    expect(passes({ headers: { type: [120] } }, '', 'kafka', { headers: { type: 'x' } })).toBe(true);
  });

  test('ticks pass every filter', () => {
    expect(passes({ data: { a: [1] } }, '', 'kinesis', { kind: RecordKind.tick })).toBe(true);
    expect(passes({ data: { a: [1] } }, '', 'kinesis', { kind: RecordKind.received })).toBe(false);
  });
});

describe('what cannot be a filter is refused with its place', () => {
  const refused: readonly [pattern: unknown, path: string][] = [
    ['{"a":[1]}', ''],
    [[], ''],
    [{}, ''],
    [{ data: {} }, '.data'],
    [{ data: 5 }, '.data'],
    [{ data: ['text'] }, '.data'],
    [{ $or: [{ data: ['text'] }, { partitionKey: ['x'] }] }, '.$or[0].data'],
    [{ data: { a: [] } }, '.data.a'],
    [{ data: { a: 'x' } }, '.data.a'],
    [{ data: { a: [['x']] } }, '.data.a[0]'],
    [{ data: { a: [{}] } }, '.data.a[0]'],
    [{ data: { a: [{ prefix: 'a', suffix: 'b' }] } }, '.data.a[0]'],
    [{ data: { a: ['x', { startsWith: 'a' }] } }, '.data.a[1].startsWith'],
    [{ data: { a: [{ wildcard: 'a*' }] } }, '.data.a[0].wildcard'],
    [{ data: { a: [{ prefix: 5 }] } }, '.data.a[0].prefix'],
    [{ data: { a: [{ suffix: { prefix: 'x' } }] } }, '.data.a[0].suffix'],
    [{ data: { a: [{ 'equals-ignore-case': null }] } }, '.data.a[0].equals-ignore-case'],
    [{ data: { a: [{ exists: 'yes' }] } }, '.data.a[0].exists'],
    [{ data: { a: [{ 'anything-but': true }] } }, '.data.a[0].anything-but'],
    [{ data: { a: [{ 'anything-but': [] }] } }, '.data.a[0].anything-but'],
    [{ data: { a: [{ 'anything-but': ['x', 1] }] } }, '.data.a[0].anything-but'],
    [{ data: { a: [{ 'anything-but': ['x', null] }] } }, '.data.a[0].anything-but[1]'],
    [{ data: { a: [{ 'anything-but': { numeric: ['=', 1] } }] } }, '.data.a[0].anything-but'],
    [{ data: { a: [{ 'anything-but': { prefix: '' } }] } }, '.data.a[0].anything-but.prefix'],
    [{ data: { a: [{ numeric: '> 5' }] } }, '.data.a[0].numeric'],
    [{ data: { a: [{ numeric: [] }] } }, '.data.a[0].numeric[0]'],
    [{ data: { a: [{ numeric: ['!=', 5] }] } }, '.data.a[0].numeric[0]'],
    [{ data: { a: [{ numeric: ['>', '5'] }] } }, '.data.a[0].numeric[1]'],
    [{ data: { a: [{ numeric: ['>', 5e9 + 1] }] } }, '.data.a[0].numeric[1]'],
    [{ data: { a: [{ numeric: ['>', 5, '~', 6] }] } }, '.data.a[0].numeric[2]'],
    [{ data: { a: [{ numeric: ['<', 5, '>', 1] }] } }, '.data.a[0].numeric[2]'],
    [{ data: { a: [{ numeric: ['>', 5, '<'] }] } }, '.data.a[0].numeric[3]'],
    [{ data: { a: [{ numeric: ['>', 5, '<', 5] }] } }, '.data.a[0].numeric[3]'],
    [{ data: { a: ['x'.repeat(4_096)] } }, ''],
  ];
  test.each(refused)('%j', (pattern, path) => {
    const problems = filterProblems([{ partitionKey: ['fine'] }, pattern], 'kinesis');
    expect(problems.map((problem) => problem.path)).toEqual([`filterPatterns[1]${path}`]);
  });

  test('a pattern of 4,096 characters is taken', () => {
    const frame = JSON.stringify({ data: { a: [''] } }).length;
    expect(filterProblems([{ data: { a: ['x'.repeat(4_096 - frame)] } }], 'kinesis')).toEqual([]);
  });

  test('more than ten patterns are too many', () => {
    const patterns = new Array<object>(11).fill({ partitionKey: ['x'] });
    expect(filterProblems(patterns, 'kinesis').map(({ path }) => path)).toEqual(['filterPatterns']);
    expect(filterProblems(patterns.slice(1), 'kinesis')).toEqual([]);
  });

  test('all problems are in one error', () => {
    const compile = () => compileFilter([{ data: { a: [], b: [{ exists: 1 }] } }], 'kinesis');
    try {
      compile();
      throw new Error('was compiled');
    } catch (error) {
      expect(codeOf(error)).toBe('FILTER_INVALID');
      expect(messageOf(error)).toMatch(
        /filterPatterns\[0\]\.data\.a: .*\nfilterPatterns\[0\]\.data\.b\[0\]\.exists: /,
      );
    }
  });
});
