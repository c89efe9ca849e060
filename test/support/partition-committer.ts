/**
 * A process that commits one record after another of partition 0, each computed from the tally it reads, as fast as it
 * can: for tests that pause or kill it. Prints `N` when the commit that ends at offset N was durable, `stale` when
 * somebody else was faster. Arguments: the stores' configuration (JSON), a name for its devices.
 */
import { writeSync } from 'node:fs';
import { codeOf } from '../../common/errors.js';
import { openStores, type StoresConfig } from '../../stores/open.js';

const [config = '', name = ''] = process.argv.slice(2);
const { aggregation } = openStores(JSON.parse(config) as StoresConfig);
for (;;) {
  const from = (await aggregation.tally(0))?.nextOffset ?? 0n;
  const counts = { late: 0, duplicate: 0, refused: 0, ticks: 0, ahead: 0, behind: 0, corrections: 0 };
  const key = { definition: 'device', key: `${name}-${from}`, start: 0, size: 10, partition: 0 };
  try {
    await aggregation.commit({
      tally: { partition: 0, nextOffset: from + 1n, aggregated: Number(from) + 1, ...counts },
      from,
      progress: [],
      windows: [{ ...key, end: 10, offset: from, closed: false, revision: 0, events: 1, metrics: {} }],
      removed: [],
      late: [],
    });
    writeSync(1, `${from + 1n}\n`);
  } catch (error) {
    if (codeOf(error) !== 'STORE_STALE') throw error;
    writeSync(1, 'stale\n');
  }
}
