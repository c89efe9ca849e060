/** Tumbling windows: state from one invocation to the next, and the final one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BatchOutcome } from '../../runtime/environments/invocation.js';
import { openEmbeddedStream } from '../../streams/embedded/embedded-stream.js';
import { EPOCH, THROWN } from '../support/mappings.js';
import { fact } from './fact.js';
import { type Answer, scenario } from './scenario.js';

const property = 'TumblingWindowInSeconds';
const MINUTE = 60_000;
/** Of the first window that records of the scenario lie in. */
const START = Math.floor(EPOCH / MINUTE) * MINUTE;
/** From the scenario's beginning to the window's end, ms. */
const TO_END = START + MINUTE - EPOCH;

const state = (value: unknown): BatchOutcome => ({ kind: 'success', state: JSON.stringify(value) });

/** Counts records in the state. */
const counting: Answer = ({ window, offsets }) => {
  const { n = 0 } = JSON.parse(window!.state) as { n?: number };
  return state({ n: n + offsets.length });
};

const tumbling = (answer: Answer = counting, batchSize = 2) =>
  scenario({ tumblingWindowMs: MINUTE, batchSize }, answer);

fact(
  {
    id: 'window-state',
    property,
    behaviour: 'The state answered is handed to the next invocation of the window; the first gets {}.',
    source: 'D',
  },
  async () => {
    const s = tumbling();
    await s.put('a', 'b', 'c');
    await s.start();
    expect(s.seen.map(({ window }) => window!.state)).toEqual(['{}', '{"n":2}']);
  },
);

fact(
  {
    id: 'window-bounds',
    property,
    behaviour: 'Windows follow each other without gaps; a record belongs to the one it arrived in.',
    source: 'D',
  },
  async () => {
    const s = tumbling();
    await s.start();
    await s.put('a');
    await s.timers.advance(TO_END);
    await s.put('b');
    const bounds = s.seen.map(({ window, keys }) => [
      keys.join(''),
      window!.start - START,
      window!.end - START,
    ]);
    expect(bounds).toEqual([
      ['a', 0, MINUTE],
      ['', 0, MINUTE],
      ['b', MINUTE, 2 * MINUTE],
    ]);
  },
);

fact(
  {
    id: 'window-final',
    property,
    behaviour:
      'When a window is over the function gets a final invocation with its state, and the next window begins with {}.',
    source: 'D',
  },
  async () => {
    const s = tumbling();
    await s.start();
    await s.put('a');
    await s.timers.advance(TO_END);
    await s.put('b');
    expect(s.seen.map(({ window }) => [window!.isFinal, window!.state])).toEqual([
      [false, '{}'],
      [true, '{"n":1}'],
      [false, '{}'],
    ]);
  },
);

fact(
  {
    id: 'window-final-empty',
    property,
    behaviour: 'Whether the final invocation brings records is not documented.',
    source: 'D',
    difference: 'it brings none: the function has seen every record of the window before',
  },
  async () => {
    const s = tumbling();
    await s.start();
    await s.put('a');
    await s.timers.advance(2 * MINUTE);
    expect(s.seen.filter(({ window }) => window!.isFinal).map(({ offsets }) => offsets)).toEqual([[]]);
  },
);

fact(
  { id: 'window-one-per-batch', property, behaviour: 'A batch has records of one window only.', source: 'D' },
  async () => {
    const s = tumbling(counting, 10);
    await s.put('a');
    await s.timers.advance(TO_END);
    await s.put('b');
    await s.start();
    expect(s.seen.map(({ keys }) => keys.join(''))).toEqual(['a', '', 'b']);
  },
);

fact(
  {
    id: 'window-missing-state',
    property,
    behaviour: 'An answer without `state` is a failed invocation.',
    source: 'D',
  },
  async () => {
    const s = tumbling((_, count) => (count === 1 ? { kind: 'success' } : state({})));
    await s.put('a');
    await s.start();
    expect(s.next()).toBe(0);
    await s.timers.advance(1_000);
    expect(s.offsets()).toEqual([[0], [0]]);
    expect(s.next()).toBe(1);
  },
);

fact(
  {
    id: 'window-state-limit',
    property,
    behaviour: 'A state above 1 MB ends the window early, with isWindowTerminatedEarly.',
    source: 'D',
  },
  async () => {
    const s = tumbling(({ offsets }) => state(offsets[0] === 0 ? 'x'.repeat(1024 * 1024) : {}), 1);
    await s.put('a', 'b');
    await s.start();
    expect(
      s.seen.map(({ keys, window }) => [keys.join(''), window!.isFinal, window!.isTerminatedEarly]),
    ).toEqual([
      ['a', false, false],
      ['', true, true],
      ['b', false, false],
    ]);
    expect(s.seen[2]!.window!.state).toBe('{}');
  },
);

fact(
  {
    id: 'window-final-retries',
    property,
    behaviour: 'The final invocation is retried until it succeeds, whatever MaximumRetryAttempts says.',
    source: 'D',
  },
  async () => {
    let failures = 0;
    const s = scenario({ tumblingWindowMs: MINUTE, maximumRetryAttempts: 1 }, (seen, count) =>
      seen.window!.isFinal && failures++ < 5 ? THROWN : counting(seen, count),
    );
    await s.start();
    await s.put('a');
    await s.timers.advance(10 * MINUTE);
    expect(s.seen.filter(({ window }) => window!.isFinal)).toHaveLength(6);
    expect(s.documents).toEqual([]);
  },
);

fact(
  {
    id: 'window-restart',
    property,
    behaviour:
      'The state of a window is kept per shard between invocations, whichever environment they reach.',
    source: 'D',
    difference: 'it is stored with the position, and so survives the end of the process too',
  },
  async () => {
    const s = tumbling();
    await s.put('a', 'b');
    await s.start();
    await s.restart();
    await s.put('c');
    expect(s.seen.map(({ window }) => window!.state)).toEqual(['{}', '{"n":2}']);
  },
);

fact(
  {
    id: 'window-arrival-time',
    property,
    behaviour: 'A record’s window is that of its arrival, not of when it is read.',
    source: 'D',
  },
  async () => {
    const s = tumbling();
    await s.put('a');
    await s.timers.advance(10 * MINUTE);
    await s.start();
    expect(s.seen[0]!.window).toMatchObject({ start: START, end: START + MINUTE });
  },
);

fact(
  {
    id: 'window-reshard',
    property,
    behaviour: 'A reshard ends the window; the child shards start with an empty state.',
    source: 'D',
    difference:
      'there is no resharding: a stream keeps its number of partitions, another one is refused at start',
  },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-conformance-'));
    const settings = { maxBytes: 1e9, hardLimitBytes: 2e9, segmentBytes: 1e6 };
    const options = { directory, name: 's', settings, retentionMs: Number.POSITIVE_INFINITY };
    try {
      for (const partitions of [2, 3]) await (await openEmbeddedStream({ ...options, partitions })).close();
      const fewer = openEmbeddedStream({ ...options, partitions: 2 });
      await expect(fewer).rejects.toMatchObject({ code: 'PARTITIONS_CHANGED' });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
