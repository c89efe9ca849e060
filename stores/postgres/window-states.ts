/**
 * The state of tumbling windows, in PostgreSQL: a row per lane. Each `load` gives the lane a new epoch, and only who
 * knows the latest one can save: a process that lost the lane, and does not know it yet, cannot.
 */
import { MillraceError } from '../../common/errors.js';
import { original, stored } from '../text.js';
import type { OpenWindow, WindowStates } from '../window-states.js';
import type { Postgres } from './database.js';
import { numeric } from './values.js';

const MIGRATIONS = [
  `CREATE TABLE window_states (
     consumer text COLLATE "C" NOT NULL,
     partition integer NOT NULL,
     epoch bigint NOT NULL,
     next numeric(60),
     window_start double precision,
     window_end double precision,
     state text,
     PRIMARY KEY (consumer, partition)
   );`,
];

const LOAD = `
  INSERT INTO window_states AS w (consumer, partition, epoch) VALUES ($1, $2, 1)
  ON CONFLICT (consumer, partition) DO UPDATE SET epoch = w.epoch + 1
  RETURNING epoch, next, window_start, window_end, state`;

interface Row {
  readonly epoch: string;
  readonly next: string | null;
  readonly window_start: number | null;
  readonly window_end: number | null;
  readonly state: string | null;
}

export function openWindowStates(database: Postgres): WindowStates {
  const tables = database.tables('window-states', MIGRATIONS);
  const epochs = new Map<string, string>();
  const keyOf = (group: string, partition: number) => `${partition} ${group}`;
  const load = async (group: string, partition: number): Promise<Row> => {
    const row = (await tables.all<Row>(LOAD, [stored(group), partition]))[0]!;
    epochs.set(keyOf(group, partition), row.epoch);
    return row;
  };
  return {
    async load(group, partition) {
      const row = await load(group, partition);
      return row.next === null ? undefined : { next: BigInt(row.next), window: windowOf(row) };
    },
    async save(group, partition, { next, window }) {
      const epoch = epochs.get(keyOf(group, partition)) ?? (await load(group, partition)).epoch;
      const columns =
        window === null
          ? [null, null, null]
          : [numeric(window.start), numeric(window.end), stored(window.state)];
      const written = await tables.run(
        `UPDATE window_states SET next = $4, window_start = $5, window_end = $6, state = $7
         WHERE consumer = $1 AND partition = $2 AND epoch = $3`,
        [stored(group), partition, epoch, next, ...columns],
      );
      if (written === 1) return;
      throw new MillraceError(`the lane ${group} of partition ${partition} is another process's now`, {
        code: 'STORE_STALE',
        canRetry: true,
        hint: 'This process was away for so long that its partition was given to another one.',
      });
    },
    close: async () => undefined,
  };
}

function windowOf({ window_start: start, window_end: end, state }: Row): OpenWindow | null {
  return start === null || end === null || state === null ? null : { start, end, state: original(state) };
}
