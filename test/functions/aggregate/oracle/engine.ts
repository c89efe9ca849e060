/**
 * The real functions on real stores in memory, given streams in some layout and with something befalling each batch;
 * and all that the stores hold afterwards.
 */
import fc from 'fast-check';
import type { AggregateSettings } from '../../../../common/aggregations.js';
import { create as aggregate } from '../../../../functions/aggregate/handler.js';
import { deviceReport } from '../../../../functions/aggregate/report.js';
import type { Process } from '../../../../functions/contract.js';
import { create as rollup } from '../../../../functions/rollup/handler.js';
import type { WindowRow } from '../../../../stores/aggregation.js';
import { PERIODS, type RollupRow } from '../../../../stores/rollups.js';
import type { Stores } from '../../../../stores/stores.js';
import { batchOf } from '../../../support/batches.js';
import { invocation, type MemoryPlatform, memoryPlatform, memoryStores } from '../../../support/platform.js';
import { DEVICE_TAGS, DEVICES, MAX_FUTURE, type Streams } from './streams.js';

/** What befalls a step: nothing, or a failure before its commit is durable, or after; either way it comes again. */
export type Fate = 'done' | 'fails' | 'dies';

export interface Step {
  readonly count: number;
  /** A new environment first: all that is known is in the store. */
  readonly cold: boolean;
  readonly fate: Fate;
  /** Then rollups are brought up to date, which may be killed, too. */
  readonly rollup: Fate | null;
}

const fates = fc.oneof(
  { weight: 3, arbitrary: fc.constant('done' as const) },
  fc.constantFrom<Fate>('fails', 'dies'),
);

/** How streams are cut into batches, and what befalls each. */
export const plans: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 12 }),
    cold: fc.boolean(),
    fate: fates,
    rollup: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, fates),
  }),
  { maxLength: 30 },
);

const EVERYTHING = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER };
const PAGE = { limit: 100_000, cursor: null };

class Killed extends Error {}

export class Engine {
  readonly stores: Stores = memoryStores();
  readonly #settings: AggregateSettings;
  readonly #mortal: MemoryPlatform;
  #fate: Fate = 'done';
  #process: Process | undefined;

  constructor(settings: AggregateSettings) {
    this.#settings = settings;
    const { aggregation, rollups } = this.stores;
    this.#mortal = this.#platform({
      ...this.stores,
      aggregation: this.#killing(aggregation),
      rollups: this.#killing(rollups),
    });
  }

  /** All of the streams: by the plan as long as there is one, and what is left at once. */
  async run(streams: Streams, plan: readonly Step[] = []): Promise<void> {
    const positions = streams.map(() => 0);
    const next = () => positions.findIndex((position, part) => position < streams[part]!.length);
    for (const [number, { count, cold, fate, rollup }] of plan.entries()) {
      const turn = number % streams.length;
      const part = positions[turn]! < streams[turn]!.length ? turn : next();
      if (part === -1) break;
      if (cold) this.#process = undefined;
      this.#fate = fate;
      if (!(await this.#deliver(streams, part, positions[part]!, count))) {
        // An environment may outlive a failure, or not.
        if (cold) this.#process = undefined;
        await this.#deliver(streams, part, positions[part]!, count);
      }
      positions[part]! += count;
      if (rollup !== null && !(await this.rollUp(rollup))) await this.rollUp('done');
    }
    for (let part = next(); part !== -1; part = next()) {
      await this.#deliver(streams, part, positions[part]!, Number.MAX_SAFE_INTEGER);
      positions[part] = Number.MAX_SAFE_INTEGER;
    }
    await this.rollUp('done');
  }

  /** Whether it came through. */
  async rollUp(fate: Fate): Promise<boolean> {
    this.#fate = fate;
    const { scheduled } = await rollup(this.#mortal);
    return this.#survives(scheduled!({ time: 0 }, invocation()));
  }

  async windows(): Promise<WindowRow[]> {
    const { aggregation } = this.stores;
    const rows: WindowRow[] = [];
    for (const series of await this.#series()) {
      rows.push(...(await aggregation.windows(series, EVERYTHING, PAGE)).items);
    }
    return rows;
  }

  async rollups(): Promise<RollupRow[]> {
    const { rollups } = this.stores;
    const rows: RollupRow[] = [];
    for (const series of await this.#series()) {
      for (const period of PERIODS) {
        rows.push(...(await rollups.rollups(series, period, EVERYTHING, PAGE)).items);
      }
    }
    return rows;
  }

  async reports() {
    const progress = await this.#progress(
      '',
      DEVICES.map(({ id }) => id),
    );
    return progress.map(({ key, state }) => ({ device: key, ...deviceReport(state) }));
  }

  /** All that the stores hold, but for the numbers of changes: these count writes, and a crash is one more. */
  async dump(): Promise<string> {
    const { aggregation } = this.stores;
    const progress = await this.#progress(
      '',
      DEVICES.map(({ id }) => id),
    );
    for (const { name, by } of this.#settings.definitions) {
      if (by === 'device') continue;
      const { items } = await aggregation.keys(name, PAGE);
      progress.push(...(await this.#progress(name, items)));
    }
    const everything = {
      windows: await this.windows(),
      rollups: await this.rollups(),
      progress: progress.map((one) => JSON.stringify(one, plain)).sort(),
      late: (await aggregation.late({}, PAGE)).items,
      tallies: await aggregation.tallies(),
    };
    return JSON.stringify(everything, plain, 1);
  }

  async #series() {
    const all: { definition: string; key: string }[] = [];
    for (const { name: definition } of this.#settings.definitions) {
      const { items } = await this.stores.aggregation.keys(definition, PAGE);
      for (const key of items) all.push({ definition, key });
    }
    return all;
  }

  async #progress(scope: string, keys: readonly string[]) {
    const found = await Promise.all(
      [0, 1].map((partition) => this.stores.aggregation.progress(partition, scope, keys)),
    );
    return found.flat();
  }

  async #deliver(streams: Streams, partition: number, from: number, count: number): Promise<boolean> {
    this.#process ??= (await aggregate(this.#mortal)).process!;
    const records = streams[partition]!;
    const batch = batchOf(records, from, Math.min(records.length, from + count), { partition });
    return this.#survives(this.#process(batch, invocation()));
  }

  async #survives(run: Promise<unknown>): Promise<boolean> {
    try {
      await run;
      return true;
    } catch (error) {
      if (error instanceof Killed) return false;
      throw error;
    } finally {
      this.#fate = 'done';
    }
  }

  /** A store whose next commit meets its fate. */
  #killing<S extends { commit(...args: never[]): Promise<void> }>(store: S): S {
    return new Proxy(store, {
      get: (target, name, receiver) => {
        if (name !== 'commit') return Reflect.get(target, name, receiver);
        return async (...args: never[]) => {
          const fate = this.#fate;
          this.#fate = 'done';
          if (fate === 'fails') throw new Killed();
          await target.commit(...args);
          if (fate === 'dies') throw new Killed();
        };
      },
    });
  }

  #platform(stores: Stores): MemoryPlatform {
    return memoryPlatform(
      { aggregate: this.#settings, deviceTags: DEVICE_TAGS, events: { maxFutureMs: MAX_FUTURE, oldest: 0 } },
      stores,
    );
  }
}

function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
