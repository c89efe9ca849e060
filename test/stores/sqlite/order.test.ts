/**
 * Offsets and change numbers are selected as text. `ORDER BY` takes the selected column before the table's, and 10
 * comes before 9 then: a rollup that read such a feed skipped windows.
 */
import { openAggregationStore } from '../../../stores/sqlite/aggregation.js';
import { openRollupStore } from '../../../stores/sqlite/rollups.js';
import { openValidationStore } from '../../../stores/sqlite/validation.js';

const COUNT = 12;
const indices = Array.from({ length: COUNT }, (_, index) => index);
const page = { limit: 100, cursor: null };

test('more than nine changes and offsets come in numerical order', async () => {
  const aggregation = openAggregationStore(':memory:');
  await aggregation.commit({
    tally: {
      ...{ partition: 0, nextOffset: 12n, aggregated: 12, late: 0, duplicate: 0, refused: 0, ticks: 0 },
      ...{ ahead: 0, behind: 0, corrections: 0 },
    },
    progress: [],
    removed: [],
    windows: indices.map((start) => ({
      ...{ definition: 'device', key: 'a', start, size: 1, end: start + 1, partition: 0 },
      ...{ offset: BigInt(start), closed: true, revision: 1, events: 1, metrics: {} },
    })),
    late: indices.map((index) => ({
      ...{ id: `0-${index}`, partition: 0, offset: BigInt(index), deviceId: 'a', eventTime: 1 },
      ...{ arrivalTime: 1, windowStart: 0, definitions: ['device'], payload: '{}' },
    })),
  });
  expect((await aggregation.changedSince(0n, 100)).map(({ start }) => start)).toEqual(indices);
  expect((await aggregation.windowsSince(0n, 100)).map(({ start }) => start)).toEqual(indices);
  expect((await aggregation.recentWindows(100)).map(({ start }) => start)).toEqual([...indices].reverse());
  const late = (await aggregation.late({}, page)).items.map(({ offset }) => Number(offset));
  expect(late).toEqual([...indices].reverse());

  const validation = openValidationStore(':memory:');
  await validation.commit({
    tally: { partition: 0, nextOffset: 12n, valid: 0, quarantined: 12, ticks: 0 },
    latest: [],
    quarantined: indices.map((index) => ({
      ...{
        id: `0-${index}`,
        partition: 0,
        offset: BigInt(index),
        deviceId: 'a',
        arrivalTime: 1,
        code: 'EMPTY',
      },
      ...{ reason: '', keyword: null, pointer: null, payload: Buffer.alloc(1) },
    })),
  });
  const quarantined = (await validation.quarantine(page)).items.map(({ offset }) => Number(offset));
  expect(quarantined).toEqual([...indices].reverse());

  const rollups = openRollupStore(':memory:');
  const rows = indices.map(
    (start) =>
      ({
        definition: 'device',
        key: 'a',
        period: '1m',
        start,
        end: start + 1,
        events: 1,
        metrics: {},
      }) as const,
  );
  await rollups.commit('1m', rows, 1n);
  expect((await rollups.changedSince('1m', 0n, 100)).map(({ start }) => start)).toEqual(indices);
});
