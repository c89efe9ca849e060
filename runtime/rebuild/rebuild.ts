/**
 * Windows and rollups computed again from the telemetry stream, by the functions that computed them the first time,
 * into stores of their own; and compared with what is stored, series by series. On request the rebuilt rows replace
 * the stored ones.
 *
 * The records that are read are those that `aggregate` has finished, so both sides have seen the same. What is not
 * compared: windows that may lack records (see `horizon.ts`), buckets that `rollup` has yet to compute, and rows of
 * the rebuild alone that retention takes from the stores.
 */
import type { Logger } from 'pino';
import type { AggregationDefinition } from '../../common/aggregations.js';
import { MillraceError } from '../../common/errors.js';
import type { Settings } from '../../common/settings.js';
import { create as createAggregate } from '../../functions/aggregate/handler.js';
import type { InvocationContext, Platform } from '../../functions/contract.js';
import { calendarOf } from '../../functions/rollup/calendar.js';
import { catchUp } from '../../functions/rollup/catch-up.js';
import type { AggregationTally } from '../../stores/aggregation.js';
import { PERIODS } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';
import type { StreamSource } from '../../streams/stream.js';
import { Correction } from './apply.js';
import { allRows } from './compare.js';
import { type Counts, createComparison, type Difference, type MeasuredStores } from './comparison.js';
import { comparableFrom, leadOf, type PartitionStart, reach } from './horizon.js';
import { arrivalAt, batchesOf } from './records.js';

export interface RebuildOptions {
  readonly settings: Settings;
  readonly source: StreamSource;
  readonly stored: MeasuredStores;
  /** Empty; what is rebuilt goes here. */
  readonly rebuilt: MeasuredStores;
  readonly log: Logger;
  /** Epoch ms: retention goes by it. */
  readonly now: number;
  /** Windows and buckets that start in this range, epoch ms. */
  readonly from?: number;
  readonly to?: number;
  /** Of one definition, or of one device (then of definitions per device). */
  readonly definition?: string;
  readonly deviceId?: string;
  /** Whether rebuilt rows are written over stored ones. */
  readonly apply: boolean;
}

export interface RebuildSummary extends Counts {
  /** Records read from the stream. */
  readonly records: number;
  /** Rows from this event time on were compared (epoch ms); infinite when nothing in the stream allows it. */
  readonly comparableFrom: number;
  /** Whether that is because older records are no longer in the stream. */
  readonly trimmed: boolean;
  /** Rows written and windows removed, with `apply`. */
  readonly written: number;
}

const CONTEXT: InvocationContext = {
  functionName: 'rebuild',
  requestId: 'rebuild',
  remainingTimeMs: () => Number.POSITIVE_INFINITY,
};

/**
 * @param onDifference told of each, in order of definition, series and level
 * @throws MillraceError `DEFINITION_UNKNOWN`; `REBUILD_OVERTAKEN` (`canRetry`) when the deployment was at work meanwhile
 */
export async function rebuildWindows(
  options: RebuildOptions,
  onDifference: (difference: Difference) => void,
): Promise<RebuildSummary> {
  const { stored, rebuilt } = options;
  const settings = narrowed(options);
  const { definitions } = settings.aggregate;
  const tallies = await stored.aggregation.tallies();
  const { records, ...horizon } = await compute(options, settings, tallies);
  const rolledUp = new Map(definitions.filter(({ rollups }) => rollups).map((one) => [one.name, one]));
  await rollUp(rebuilt, settings, rolledUp, false);

  const correction = new Correction(stored, tallies);
  const comparison = await createComparison({
    settings,
    stored,
    rebuilt,
    now: options.now,
    from: horizon.comparableFrom,
    range: { from: options.from ?? 0, to: options.to ?? Number.MAX_SAFE_INTEGER },
    correction: options.apply ? correction : null,
    onDifference,
  });
  for (const definition of definitions) {
    const { name } = definition;
    if (options.deviceId !== undefined) {
      await comparison.series(definition, { definition: name, key: options.deviceId });
      continue;
    }
    const known = new Set<string>();
    for (const { aggregation } of [stored, rebuilt]) {
      for await (const key of allRows((page) => aggregation.keys(name, page))) {
        if (known.has(key)) continue;
        known.add(key);
        await comparison.series(definition, { definition: name, key });
      }
    }
  }
  await checkStill(stored, tallies);
  await correction.flush();
  const { written } = correction;
  // What was corrected is rolled up once more, where all that a bucket is made of is still there.
  if (written > 0) await rollUp(stored, settings, rolledUp, true);
  return { records, ...horizon, ...comparison.counts, written };
}

/** The settings with the definitions that are asked for; nothing is published again. */
function narrowed({ settings, definition, deviceId }: RebuildOptions): Settings {
  const { definitions } = settings.aggregate;
  if (definition !== undefined && !definitions.some(({ name }) => name === definition)) {
    throw new MillraceError(`there is no aggregation '${definition}'`, {
      code: 'DEFINITION_UNKNOWN',
      hint: `There are ${definitions.map(({ name }) => name).join(', ')}.`,
    });
  }
  const wanted = definitions.filter(
    ({ name, by }) =>
      (definition === undefined || name === definition) && (deviceId === undefined || by === 'device'),
  );
  if (wanted.length === 0) {
    throw new MillraceError(`aggregation '${definition}' has no windows per device`, {
      code: 'DEFINITION_UNKNOWN',
      hint: 'Leave --device out: the windows of groups are made of the events of all their devices.',
    });
  }
  return {
    ...settings,
    aggregate: { ...settings.aggregate, definitions: wanted.map((one) => ({ ...one, publish: false })) },
  };
}

/** Applies the records that are in both the stream and the stored windows. */
async function compute(
  options: RebuildOptions,
  settings: Settings,
  tallies: readonly AggregationTally[],
): Promise<Pick<RebuildSummary, 'records' | 'comparableFrom' | 'trimmed'>> {
  const { source, rebuilt, log, deviceId = null } = options;
  const { process } = await createAggregate(platformOf(settings, rebuilt, log));
  const reachMs = reach(settings);
  const lead = Math.max(...settings.aggregate.definitions.map(leadOf));
  const asked = options.from === undefined ? undefined : options.from - reachMs - lead;
  const starts: PartitionStart[] = [];
  let records = 0;
  for (const { partition, nextOffset } of tallies) {
    const { start } = source.ends(partition);
    const wanted = asked === undefined ? 0n : await source.offsetAt(partition, asked);
    const from = wanted > start ? wanted : start;
    const trimmed = asked === undefined ? start > 0n : start > 0n && wanted <= start;
    starts.push({ trimmed, firstArrival: await arrivalAt(source, partition, from) });
    for await (const batch of batchesOf(source, partition, { from, to: nextOffset, deviceId })) {
      await process!(batch, CONTEXT);
      records += batch.count;
    }
  }
  return {
    records,
    comparableFrom: comparableFrom(starts, asked, reachMs),
    trimmed: starts.some(({ trimmed }) => trimmed),
  };
}

function platformOf(settings: Settings, stores: MeasuredStores, log: Logger): Platform {
  const refuse = () => Promise.reject(new Error('a rebuild writes nothing but windows and rollups'));
  return {
    settings,
    stores: stores as Stores,
    log,
    append: refuse,
    appendTick: refuse,
    publish: refuse,
    status: refuse,
  };
}

async function rollUp(
  stores: MeasuredStores,
  settings: Settings,
  definitions: ReadonlyMap<string, AggregationDefinition>,
  mayLack: boolean,
): Promise<void> {
  const calendar = calendarOf(settings.aggregate.timeZone, settings.aggregate.weekStartsOn);
  const options = {
    stores,
    calendar,
    definitions,
    mayLack: () => mayLack,
    remainingTimeMs: () => Number.POSITIVE_INFINITY,
    kept: () => undefined,
  };
  for (const period of PERIODS) await catchUp(period, options, () => true);
}

/** What was compared must be of one moment. */
async function checkStill(stored: MeasuredStores, before: readonly AggregationTally[]): Promise<void> {
  const after = await stored.aggregation.tallies();
  const offsets = (tallies: readonly AggregationTally[]) =>
    tallies.map(({ partition, nextOffset }) => `${partition}:${nextOffset}`).join();
  if (offsets(before) === offsets(after)) return;
  throw new MillraceError('aggregate was at work while its windows were compared', {
    code: 'REBUILD_OVERTAKEN',
    canRetry: true,
    hint: 'Stop the workers that run functions, then start the rebuild again.',
  });
}
