/** A commit of aggregate as one statement. The tally's row is the gate: everything else is written `FROM` it. */
import type { AggregationCommit } from '../aggregation.js';
import { statesText } from '../measured.js';
import { WRITING } from './changes.js';
import {
  booleans,
  documents,
  nullableDocuments,
  nullIfEmpty,
  numbers,
  offsets,
  onePerKey,
  split,
  texts,
} from './values.js';

const COUNTS = [
  'aggregated',
  'late',
  'duplicate',
  'refused',
  'ticks',
  'ahead',
  'behind',
  'corrections',
] as const;

const replacing = (columns: readonly string[]) =>
  columns.map((column) => `${column} = excluded.${column}`).join(', ');

const WINDOW_VALUES = ['until', '"offset"', 'closed', 'revision', 'events', 'metrics', 'states', 'change'];

const WRITE = `
  WITH gate AS (
    INSERT INTO aggregation_tallies AS t (partition, next_offset, ${COUNTS.join(', ')})
    SELECT $1::integer, $2::numeric, ${COUNTS.map((_, index) => `$${index + 4}::bigint`).join(', ')}
    WHERE $3::numeric IS NULL OR $3::numeric = 0 OR EXISTS (SELECT FROM aggregation_tallies WHERE partition = $1)
    ON CONFLICT (partition) DO UPDATE SET ${replacing(['next_offset', ...COUNTS])}
    WHERE $3::numeric IS NULL OR t.next_offset = $3::numeric
    RETURNING partition
  ), ${WRITING('gate')}, progress AS (
    INSERT INTO aggregation_progress (partition, scope, key, "offset", state) SELECT given.* FROM gate,
      unnest($12::integer[], $13::text[], $14::text[], $15::numeric[], ${split('$16', 'cardinality($12)')}) AS given
    ON CONFLICT (partition, scope, key) DO UPDATE SET ${replacing(['"offset"', 'state'])}
  ), written AS (
    INSERT INTO windows (definition, key, start, size, partition, ${WINDOW_VALUES.join(', ')})
    SELECT given.definition, given.key, given.start, given.size, given.partition, given.until, given."offset",
      given.closed, given.revision, given.events, given.metrics, ${nullIfEmpty('given.states')},
      nextval('aggregation_changes')
    FROM writing, unnest($17::text[], $18::text[], $19::float8[], $20::float8[], $21::integer[], $22::float8[],
        $23::numeric[], $24::boolean[], $25::integer[], $26::bigint[], ${split('$27', 'cardinality($17)')},
        ${split('$28', 'cardinality($17)')})
      AS given (definition, key, start, size, partition, until, "offset", closed, revision, events, metrics, states)
    ON CONFLICT (definition, key, start, size, partition) DO UPDATE SET ${replacing(WINDOW_VALUES)}
  ), too_late AS (
    INSERT INTO late (partition, "offset", device_id, event_time, arrival_time, window_start, definitions, payload)
    SELECT given.* FROM gate, unnest($29::integer[], $30::numeric[], $31::text[], $32::float8[], $33::float8[],
      $34::float8[], $35::text[], ${split('$36', 'cardinality($29)')}) AS given
    ON CONFLICT (partition, "offset") DO UPDATE SET ${replacing([
      'device_id',
      'event_time',
      'arrival_time',
      'window_start',
      'definitions',
      'payload',
    ])}
  )`;
const REMOVE = `, removed AS (
    DELETE FROM windows w USING gate, unnest($37::text[], $38::text[], $39::float8[], $40::float8[], $41::integer[])
      AS given (definition, key, start, size, partition)
    WHERE (w.definition, w.key, w.start, w.size, w.partition) =
      (given.definition, given.key, given.start, given.size, given.partition)
  )`;
const DONE = 'SELECT partition FROM gate';

type WindowName = AggregationCommit['removed'][number];

/** Returns one row, or none when the commit was computed from another position than the stored one. */
export function commitStatement(commit: AggregationCommit): readonly [statement: string, unknown[]] {
  const { tally, from } = commit;
  const progress = onePerKey(commit.progress, (row) => `${row.partition} ${row.scope} ${row.key}`);
  const windows = onePerKey(commit.windows, nameOf);
  const late = onePerKey(commit.late, (event) => `${event.partition}-${event.offset}`);
  const parameters = [
    tally.partition,
    tally.nextOffset,
    from ?? null,
    ...COUNTS.map((name) => tally[name]),
    numbers(progress, (row) => row.partition),
    texts(progress, (row) => row.scope),
    texts(progress, (row) => row.key),
    offsets(progress, (row) => row.offset),
    documents(progress, (row) => row.state),
    texts(windows, (row) => row.definition),
    texts(windows, (row) => row.key),
    numbers(windows, (row) => row.start),
    numbers(windows, (row) => row.size),
    numbers(windows, (row) => row.partition),
    numbers(windows, (row) => row.end),
    offsets(windows, (row) => row.offset),
    booleans(windows, (row) => row.closed),
    numbers(windows, (row) => row.revision),
    numbers(windows, (row) => row.events),
    documents(windows, (row) => JSON.stringify(row.metrics)),
    nullableDocuments(windows, statesText),
    numbers(late, (event) => event.partition),
    offsets(late, (event) => event.offset),
    texts(late, (event) => event.deviceId),
    numbers(late, (event) => event.eventTime),
    numbers(late, (event) => event.arrivalTime),
    numbers(late, (event) => event.windowStart),
    texts(late, (event) => JSON.stringify(event.definitions)),
    documents(late, (event) => event.payload),
  ];
  // Not for every commit: planning it costs more than it does.
  if (commit.removed.length === 0) return [`${WRITE} ${DONE}`, parameters];
  // What is removed and written is written: one statement may do only one of both to a row.
  const kept = new Set(windows.map(nameOf));
  const removed = commit.removed.filter((key) => !kept.has(nameOf(key)));
  return [
    `${WRITE}${REMOVE} ${DONE}`,
    [
      ...parameters,
      texts(removed, (key) => key.definition),
      texts(removed, (key) => key.key),
      numbers(removed, (key) => key.start),
      numbers(removed, (key) => key.size),
      numbers(removed, (key) => key.partition),
    ],
  ];
}

function nameOf({ definition, key, start, size, partition }: WindowName): string {
  return `${start} ${size} ${partition} ${definition} ${key}`;
}
