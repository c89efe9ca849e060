/** Aggregate on a store in memory: seconds in, windows out as short words. */
import {
  type AggregateSettings,
  type AggregationDefinition,
  tumblingPerDevice,
} from '../../../common/aggregations.js';
import type { Settings } from '../../../common/settings.js';
import { create } from '../../../functions/aggregate/handler.js';
import type { MqttMessage, Process } from '../../../functions/contract.js';
import type {
  AggregationStore,
  AggregationTally,
  LateEvent,
  WindowRow,
} from '../../../stores/aggregation.js';
import { openAggregationStore } from '../../../stores/sqlite/aggregation.js';
import { batchOf, type TestRecord } from '../../support/batches.js';
import { start, testContext, testPlatform } from '../../support/stream-function.js';
import { settingsWith } from './timelines.js';

export const T0 = Date.UTC(2024, 0, 1);
const PAGE = { limit: 1_000, cursor: null };
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };

/** Settings with these definitions: tumbling windows of 10 s per device and 5 s of lateness, but for what they say. */
export function aggregateSettings(
  definitions: readonly Partial<AggregationDefinition>[],
  changes: Partial<AggregateSettings> = {},
): AggregateSettings {
  const usual = tumblingPerDevice(10_000, 5_000);
  const base = usual.definitions[0]!;
  return { ...usual, definitions: definitions.map((one) => ({ ...base, ...one })), ...changes };
}

/** Event of a device at `seconds` after T0, arriving at once or at `arrival` seconds. */
export function at(seconds: number, more: object = {}, arrival = seconds, device = 'dev'): TestRecord {
  const payload = { ts: T0 + seconds * 1000, temperature: seconds, humidity: 1, battery: 1, ...more };
  return { arrivalTime: T0 + arrival * 1000, key: device, payload };
}

export class Harness {
  readonly store: AggregationStore;
  readonly published: MqttMessage[] = [];
  readonly settings: Settings;
  readonly #partition: number;
  #process: Process | undefined;
  #next = 0;

  constructor(aggregate: AggregateSettings, store = openAggregationStore(':memory:'), partition = 0) {
    this.store = store;
    this.settings = settingsWith(aggregate);
    this.#partition = partition;
  }

  /** Delivers records as one batch, behind those of before; a cold start comes first when there was none. */
  async run(...records: TestRecord[]): Promise<void> {
    const platform = testPlatform({ aggregation: this.store }, this.settings, this.published);
    this.#process ??= await start(create, platform);
    const batch = batchOf(records, 0, records.length, { partition: this.#partition });
    await this.#process({ ...batch, baseOffset: BigInt(this.#next) }, testContext);
    this.#next += records.length;
  }

  /** The environment is gone, and everything that it remembered; settings may have changed meanwhile. */
  restart(aggregate: AggregateSettings = this.settings.aggregate): Harness {
    const next = new Harness(aggregate, this.store, this.#partition);
    next.#next = this.#next;
    return next;
  }

  async rows(key = 'dev', definition = 'device'): Promise<readonly WindowRow[]> {
    return (await this.store.windows({ definition, key }, ALL, PAGE)).items;
  }

  /** `start-end:events` in seconds, `*` per revision, closed ones in brackets. */
  async words(key = 'dev', definition = 'device'): Promise<string> {
    const words = (await this.rows(key, definition)).map(({ start: from, end, events, revision, closed }) => {
      const word = `${(from - T0) / 1000}-${(end - T0) / 1000}:${events}${'*'.repeat(revision)}`;
      return closed ? `[${word}]` : word;
    });
    return words.join(' ');
  }

  async late(): Promise<readonly LateEvent[]> {
    return (await this.store.late({}, PAGE)).items;
  }

  async tally(): Promise<AggregationTally> {
    return (await this.store.tally(this.#partition))!;
  }

  async state(key = 'dev', scope = ''): Promise<string> {
    return (await this.store.progress(this.#partition, scope, [key]))[0]!.state;
  }
}
