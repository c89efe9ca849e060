/** Which records a filter lets pass, and what it does with data that is no JSON. */

import type { EventSourceKind } from '../../runtime/manifest/manifest.js';
import { compileFilter, type FilterSubject } from '../../runtime/mappings/filters/filter.js';
import { RecordKind } from '../../streams/record.js';
import { fact } from './fact.js';

const property = 'FilterCriteria';

function record(data: unknown, more: Partial<FilterSubject> = {}): FilterSubject {
  const value = Buffer.from(typeof data === 'string' ? data : JSON.stringify(data));
  return { partition: 0, offset: 0n, key: 'device-1', arrivalTime: 0, value, stream: 'telemetry', ...more };
}

function passes(source: EventSourceKind, patterns: readonly object[], subject: FilterSubject): boolean {
  return compileFilter(patterns, source)!.matches(subject);
}

/** Declares a rule of the grammar: which values of the field `f` it matches, and which not. */
function rule(
  id: string,
  behaviour: string,
  source: 'D' | 'G',
  rules: readonly unknown[],
  matching: readonly unknown[],
  others: readonly unknown[],
  difference?: string,
): void {
  fact({ id, property, behaviour, source, ...(difference === undefined ? {} : { difference }) }, () => {
    const passing = (value: unknown) =>
      passes('kinesis', [{ data: { f: rules } }], record(value === undefined ? {} : { f: value }));
    expect(matching.filter((value) => !passing(value))).toEqual([]);
    expect(others.filter((value) => passing(value))).toEqual([]);
  });
}

rule(
  'filter-exact',
  'A string, true or false matches itself.',
  'G',
  ['on', true],
  ['on', true],
  ['ON', false, 'true', undefined],
);
rule(
  'filter-number',
  'A number matches itself; 300, 300.0 and 3.0e2 are documented as different.',
  'G',
  [300],
  [300],
  [301, '300'],
  'they are the same number here, as they are to EventBridge’s published matcher',
);
rule(
  'filter-null',
  'null matches null, not a field that is not there.',
  'G',
  [null],
  [null],
  ['', 'null', undefined],
);
rule(
  'filter-empty',
  '"" matches an empty string, not a field that is not there.',
  'G',
  [''],
  [''],
  [null, ' ', undefined],
);
rule(
  'filter-prefix',
  'prefix: strings that begin so.',
  'G',
  [{ prefix: 'us-' }],
  ['us-', 'us-east-1'],
  ['eu-us-', 5, undefined],
);
rule(
  'filter-suffix',
  'suffix: strings that end so.',
  'D',
  [{ suffix: '.png' }],
  ['.png', 'a.png'],
  ['png', 'a.PNG', undefined],
);
rule(
  'filter-ignore-case',
  'equals-ignore-case: strings that differ in case only.',
  'D',
  [{ 'equals-ignore-case': 'alice' }],
  ['Alice', 'ALICE'],
  ['alices', undefined],
);
rule(
  'filter-anything-but',
  'anything-but: every value but these, of a field that is there.',
  'G',
  [{ 'anything-but': ['a', 'b'] }],
  ['c', 1, null],
  ['a', 'b', undefined],
);
rule(
  'filter-anything-but-text',
  'anything-but with prefix, suffix or equals-ignore-case, in EventBridge’s rules.',
  'D',
  [{ 'anything-but': { prefix: 'init' } }],
  ['running', 5],
  ['initializing', undefined],
  'taken in filters too; AWS documents it for event buses',
);
rule(
  'filter-numeric',
  'numeric: =, <, <=, >, >= and ranges, on numbers.',
  'G',
  [{ numeric: ['>', 10, '<=', 20] }],
  [10.5, 20],
  [10, 20.1, '15', null, undefined],
);
rule(
  'filter-numeric-reach',
  'numeric reaches from -5.0e9 to 5.0e9.',
  'D',
  [{ numeric: ['>', 0] }],
  [5e9],
  [5e9 + 1],
);
rule(
  'filter-exists',
  'exists: true matches a field with any value, null included, but no object.',
  'G',
  [{ exists: true }],
  ['', null, 0],
  [undefined, { inner: 1 }, []],
);
rule(
  'filter-exists-not',
  'exists: false matches when there is no such field, or an object there.',
  'G',
  [{ exists: false }],
  [undefined, { inner: 1 }],
  ['', null, 0],
);
rule(
  'filter-array',
  'A list in the data matches when one of its elements does.',
  'D',
  ['b'],
  [['a', 'b'], [['b']]],
  [['a'], []],
);
rule(
  'filter-any-rule',
  'The rules of a field are alternatives.',
  'G',
  ['a', { prefix: 'x' }, null],
  ['a', 'xyz', null],
  ['b', undefined],
);

fact(
  {
    id: 'filter-and',
    property,
    behaviour: 'All fields of a pattern must match, nested ones too.',
    source: 'G',
  },
  () => {
    const pattern = { data: { a: [1], b: { c: ['x'] } } };
    expect(passes('kinesis', [pattern], record({ a: 1, b: { c: 'x', d: 5 } }))).toBe(true);
    expect(passes('kinesis', [pattern], record({ a: 1, b: { c: 'y' } }))).toBe(false);
    expect(passes('kinesis', [pattern], record({ b: { c: 'x' } }))).toBe(false);
  },
);

fact(
  {
    id: 'filter-or-fields',
    property,
    behaviour: '$or: one of several objects must match, beside the other fields.',
    source: 'D',
  },
  () => {
    const pattern = { data: { a: [1], $or: [{ b: [1] }, { c: [1] }] } };
    expect(passes('kinesis', [pattern], record({ a: 1, c: 1 }))).toBe(true);
    expect(passes('kinesis', [pattern], record({ a: 1 }))).toBe(false);
    expect(passes('kinesis', [pattern], record({ b: 1, c: 1 }))).toBe(false);
  },
);

fact(
  {
    id: 'filter-patterns-or',
    property,
    behaviour: 'A record passes when one of the patterns matches.',
    source: 'D',
  },
  () => {
    const patterns = [{ data: { a: [1] } }, { data: { b: [1] } }];
    expect([{ a: 1 }, { b: 1 }, { c: 1 }].map((data) => passes('kinesis', patterns, record(data)))).toEqual([
      true,
      true,
      false,
    ]);
  },
);

fact(
  {
    id: 'filter-operators-elsewhere',
    property,
    behaviour: 'wildcard and cidr belong to EventBridge’s rules, not to these filters.',
    source: 'D',
  },
  () => {
    for (const rule of [{ wildcard: 'a*' }, { cidr: '10.0.0.0/8' }]) {
      expect(() => compileFilter([{ data: { f: [rule] } }], 'kinesis')).toThrow(
        /filterPatterns\[0\]\.data\.f\[0\]/,
      );
    }
  },
);

fact(
  {
    id: 'filter-metadata',
    property,
    behaviour: 'Fields beside the data key select by the event around the data.',
    source: 'G',
  },
  () => {
    expect(passes('kinesis', [{ partitionKey: ['device-1'] }], record('text'))).toBe(true);
    expect(passes('kafka', [{ topic: ['telemetry'], partition: [0] }], record('text'))).toBe(true);
    expect(passes('kinesis', [{ partitionKey: ['device-2'] }], record('text'))).toBe(false);
  },
);

fact(
  {
    id: 'filter-kinesis-not-json',
    property,
    behaviour: 'Kinesis: data that is not JSON is dropped by a pattern for data.',
    source: 'G',
  },
  () => {
    expect(passes('kinesis', [{ data: { a: [{ exists: false }] } }], record('text'))).toBe(false);
  },
);

fact(
  {
    id: 'filter-kinesis-text-pattern',
    property,
    behaviour: 'Kinesis: a pattern for data that is not JSON is refused when the mapping is made.',
    source: 'G',
  },
  () => {
    expect(() => compileFilter([{ data: ['text'] }], 'kinesis')).toThrow(/filterPatterns\[0\]\.data/);
  },
);

fact(
  {
    id: 'filter-sqs-mismatch',
    property,
    behaviour: 'SQS: a body that is text where the pattern wants JSON, or the other way round, is dropped.',
    source: 'G',
  },
  () => {
    expect(passes('sqs', [{ body: { a: [1] } }], record({ a: 1 }))).toBe(true);
    expect(passes('sqs', [{ body: ['hello'] }], record('hello'))).toBe(true);
    expect(passes('sqs', [{ body: { a: [{ exists: false }] } }], record('hello'))).toBe(false);
    expect(passes('sqs', [{ body: [{ exists: true }] }], record({ a: 1 }))).toBe(false);
  },
);

fact(
  {
    id: 'filter-kafka-mismatch',
    property,
    behaviour:
      'Kafka: where the format of key or value and pattern differ, only the other fields are filtered by.',
    source: 'G',
  },
  () => {
    expect(passes('kafka', [{ value: { a: [1] }, topic: ['telemetry'] }], record('text'))).toBe(true);
    expect(passes('kafka', [{ value: { a: [1] }, topic: ['other'] }], record('text'))).toBe(false);
    expect(passes('kafka', [{ key: ['device-1'], value: { a: [1] } }], record({ a: 1 }))).toBe(true);
  },
);

fact(
  {
    id: 'filter-ticks',
    property,
    behaviour: 'There are no records but those somebody put into the stream.',
    source: 'G',
    difference:
      'ticks, Millrace’s records of time, pass every filter, so that windows and timers of its own functions run out; no other function is shown them',
  },
  () => {
    expect(passes('kinesis', [{ data: { a: [1] } }], record('', { kind: RecordKind.tick }))).toBe(true);
  },
);
