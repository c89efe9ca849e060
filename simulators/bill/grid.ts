/**
 * What other batch settings would make of the bill: every combination of batch size, window and parallelization factor,
 * priced as the bill itself is. Pure.
 */
import { type Charges, chargesOf, type Pricing } from './charges.js';
import { type BatchSettings, type FunctionSettings, type LoadProfile, TELEMETRY } from './profile.js';

export const BATCH_SIZES: readonly number[] = [10, 100, 500, 1000, 5000, 10_000];
/** Seconds. */
export const BATCH_WINDOWS: readonly number[] = [0, 1, 2, 5, 10, 30, 60, 300];
export const FACTORS: readonly number[] = [1, 2, 10];
/** AWS wants a window of a second at least with more records than this. */
const LARGE_BATCH = 10;

export interface GridCell extends BatchSettings {
  /** US dollars a month. */
  readonly lambda: number;
  readonly dynamo: number;
  /** Of the whole bill: batch settings move writes and logs, too. */
  readonly total: number;
  /** Seconds from a record's arrival to the end of its invocation, for the worst record of a batch. */
  readonly worstSeconds: number;
  readonly invocations: number;
  readonly behind: boolean;
}

export interface Grid {
  /** Functions that the settings were tried with. */
  readonly functions: readonly string[];
  readonly sizes: readonly number[];
  readonly windows: readonly number[];
  readonly factors: readonly number[];
  /** Combinations that AWS takes. */
  readonly cells: readonly GridCell[];
  /** Seconds; what `cheapest` stays under. */
  readonly maxSeconds: number;
  readonly cheapest: GridCell | null;
  /** The cheapest settings of each function alone, the others left as they are. */
  readonly byFunction: readonly {
    readonly name: string;
    readonly now: GridCell;
    readonly best: GridCell | null;
  }[];
}

export function gridOf(profile: LoadProfile, pricing: Pricing, maxSeconds: number): Grid {
  const readers = profile.settings.functions.filter(readsTelemetry);
  const current = readers.flatMap((fn) => fn.streams.filter(({ stream }) => stream === TELEMETRY));
  const axis = (values: readonly number[], own: readonly number[]) =>
    [...new Set([...values, ...own])].sort((a, b) => a - b);
  const sizes = axis(
    BATCH_SIZES,
    current.map(({ batchSize }) => batchSize),
  );
  const windows = axis(
    BATCH_WINDOWS,
    current.map(({ batchWindowSeconds }) => batchWindowSeconds),
  );
  const factors = axis(
    FACTORS,
    current.map(({ parallelizationFactor }) => parallelizationFactor),
  );
  const combinations = factors.flatMap((parallelizationFactor) =>
    sizes.flatMap((batchSize) =>
      windows
        .filter((batchWindowSeconds) => batchSize <= LARGE_BATCH || batchWindowSeconds >= 1)
        .map((batchWindowSeconds) => ({ batchSize, batchWindowSeconds, parallelizationFactor })),
    ),
  );
  const names = readers.map(({ name }) => name);
  const tried = (functions: readonly string[]) =>
    combinations.map((batch) => cellOf(profile, pricing, functions, batch));
  const cells = tried(names);
  return {
    functions: names,
    sizes,
    windows,
    factors,
    cells,
    maxSeconds,
    cheapest: cheapestOf(cells, maxSeconds),
    byFunction: readers.map(({ name, streams }) => ({
      name,
      now: cellOf(profile, pricing, [name], streams.find(({ stream }) => stream === TELEMETRY)!),
      best: cheapestOf(tried([name]), maxSeconds),
    })),
  };
}

function readsTelemetry({ streams }: FunctionSettings): boolean {
  return streams.some(({ stream }) => stream === TELEMETRY);
}

/** The bill with these batch settings for these functions on telemetry. */
export function cellOf(
  profile: LoadProfile,
  pricing: Pricing,
  functions: readonly string[],
  { batchSize, batchWindowSeconds, parallelizationFactor }: BatchSettings,
): GridCell {
  const batch = { batchSize, batchWindowSeconds, parallelizationFactor };
  const charges = chargesOf(withBatches(profile, functions, batch), pricing);
  const concerned = charges.functions.filter(
    ({ name, batches }) => functions.includes(name) && batches?.stream === TELEMETRY,
  );
  return {
    ...batch,
    lambda: costOfService(charges, 'Lambda'),
    dynamo: costOfService(charges, 'DynamoDB'),
    total: charges.total,
    worstSeconds: Math.max(0, ...concerned.map(({ batches }) => batches!.latency.worst)),
    invocations: concerned.reduce((sum, { invocations }) => sum + invocations, 0),
    behind: concerned.some(({ batches }) => batches!.behind),
  };
}

function withBatches(profile: LoadProfile, functions: readonly string[], batch: BatchSettings): LoadProfile {
  const changed = profile.settings.functions.map((fn) =>
    functions.includes(fn.name)
      ? {
          ...fn,
          streams: fn.streams.map((trigger) =>
            trigger.stream === TELEMETRY ? { ...trigger, ...batch } : trigger,
          ),
        }
      : fn,
  );
  return { ...profile, settings: { ...profile.settings, functions: changed } };
}

export function costOfService({ services }: Pick<Charges, 'services'>, name: string): number {
  return services.find((service) => service.name === name)?.cost ?? 0;
}

/** Of equal ones the first: smaller factor, smaller batch, shorter window. */
function cheapestOf(cells: readonly GridCell[], maxSeconds: number): GridCell | null {
  const allowed = cells.filter(({ worstSeconds, behind }) => !behind && worstSeconds <= maxSeconds);
  return allowed.reduce<GridCell | null>(
    (best, cell) => (best === null || cell.total < best.total ? cell : best),
    null,
  );
}
