/**
 * Drives `alert` and `fleet` over real stores in memory: two partitions of telemetry, and the stream between the two
 * functions. Environments can be told to die at any of their effects.
 */
import { create as createAlert } from '../../../functions/alert/handler.js';
import type { Process } from '../../../functions/contract.js';
import { create as createFleet } from '../../../functions/fleet/handler.js';
import { type GroupCounts, parseCounts } from '../../../functions/fleet/messages.js';
import type { Alert } from '../../../stores/alerts.js';
import { type AlertProject, alertProject } from '../../support/alert-project.js';
import { batchOf, type TestRecord, tick } from '../../support/batches.js';
import { invocation, type MemoryPlatform, memoryPlatform, memoryStores } from '../../support/platform.js';

export const T0 = Date.UTC(2024, 0, 1);
export const DEVICE_TAGS = { byDevice: { '{site}-*': {} }, fromEvent: ['site'] };

/**
 * What an environment dies of: before or after it has committed (nothing appended), or with everything done but not
 * known to be.
 */
export type Death = 'before-commit' | 'after-commit' | 'after-all';

type Function = 'alert' | 'fleet';

export class FleetDrive {
  readonly telemetry: TestRecord[][] = [[], []];
  /** The stream `fleet`. */
  readonly counts: TestRecord[] = [];
  readonly platform: MemoryPlatform;
  readonly #project: AlertProject;
  readonly #done: Record<Function, number[]> = { alert: [0, 0], fleet: [0] };
  #running: Partial<Record<Function, Process>> = {};
  #dying: Death | null = null;

  /** @param rules the list under `rules:` */
  constructor(rules: string) {
    this.#project = alertProject(rules);
    const stores = memoryStores();
    const { alerts } = stores;
    const commit: typeof alerts.commit = async (given) => {
      if (this.#dying === 'before-commit') throw new Error('crash');
      await alerts.commit(given);
    };
    const settings = { root: this.#project.root, deviceTags: DEVICE_TAGS };
    const types = { deviceTypes: { default: 'reefer', byDevice: {} } };
    const platform = memoryPlatform({ ...settings, ...types }, { ...stores, alerts: { ...alerts, commit } });
    this.platform = {
      ...platform,
      append: async (stream, records) => {
        if (this.#dying === 'after-commit') throw new Error('crash');
        await platform.append(stream, records);
        if (stream !== 'fleet') return;
        for (const { key, arrivalTime, value } of records) {
          this.counts.push({ key, arrivalTime, payload: value });
        }
      },
    };
  }

  /** Other environments, with these rules from now on. */
  restart(rules?: string): void {
    if (rules !== undefined) this.#project.write(rules);
    this.#running = {};
  }

  /** @param at seconds of arrival @param lag how much older the event is, s */
  send(at: number, deviceId: string, body: object = {}, lag = 0, partition = partitionOf(deviceId)): void {
    const arrivalTime = T0 + at * 1000;
    const event = { ts: arrivalTime - lag * 1000, cargo_temperature: 3, door: 'closed', compressor: 'idle' };
    this.telemetry[partition]!.push({ arrivalTime, key: deviceId, payload: { ...event, ...body } });
  }

  /** Of all streams, and everything up to it. @param at seconds */
  async tick(at: number): Promise<void> {
    this.enqueueTick(at);
    await this.run();
  }

  /** @param at seconds */
  enqueueTick(at: number): void {
    for (const records of [...this.telemetry, this.counts]) records.push(tick(T0 + at * 1000));
  }

  /** Ticks each second in [from, to]. */
  async ticks(from: number, to: number): Promise<void> {
    for (let at = from; at <= to; at++) await this.tick(at);
  }

  /** Everything that waits. @param size records per batch at most */
  async run(size = 1_000): Promise<void> {
    for (const partition of [0, 1]) {
      while (this.waiting('alert', partition)) await this.step('alert', partition, size);
    }
    while (this.waiting('fleet', 0)) await this.step('fleet', 0, size);
  }

  waiting(name: Function, partition: number): boolean {
    return this.#done[name][partition]! < this.#recordsOf(name, partition).length;
  }

  /** One batch; it comes again, as it was, if the environment dies. False: it died. */
  async step(name: Function, partition: number, size: number, death: Death | null = null): Promise<boolean> {
    const records = this.#recordsOf(name, partition);
    const from = this.#done[name][partition]!;
    const to = Math.min(records.length, from + size);
    const batch = batchOf(records, from, to, { partition, stream: name === 'fleet' ? 'fleet' : 'telemetry' });
    const { process } =
      this.#running[name] === undefined ? await this.#start(name) : { process: this.#running[name] };
    this.#running[name] = process!;
    this.#dying = death;
    const survived = await process!(batch, invocation()).then(
      () => death === null,
      (error: unknown) => {
        if (death === null) throw error;
        return false;
      },
    );
    this.#dying = null;
    if (survived) this.#done[name][partition] = to;
    else delete this.#running[name];
    return survived;
  }

  /** Told alerts, repetitions included. */
  get told(): Alert[] {
    return (this.platform.appended.alerts ?? []).map(
      ({ value }) => JSON.parse(Buffer.from(value).toString()) as Alert,
    );
  }

  /** `Offline site=a firing` each. */
  get story(): string[] {
    return this.told.map(({ rule, deviceId, state }) => `${rule} ${deviceId} ${state}`);
  }

  /** What was told last of each partition and group, as `matching/total`, added up. */
  sums(rule: string): Record<string, string> {
    const parts = new Map<string, GroupCounts>();
    let spec = '';
    for (const { payload } of this.counts) {
      if (payload === undefined) continue;
      const counts = parseCounts(payload as Uint8Array);
      if (counts.rule !== rule) continue;
      // The counts of another definition begin anew.
      if (counts.spec !== spec) parts.clear();
      spec = counts.spec;
      const key = `${counts.group}/${counts.partition}`;
      if (BigInt(parts.get(key)?.offset ?? -1) < BigInt(counts.offset)) parts.set(key, counts);
    }
    const sums: Record<string, [number, number]> = {};
    for (const { group, matching, total } of parts.values()) {
      sums[group] ??= [0, 0];
      sums[group][0] += matching;
      sums[group][1] += total;
    }
    return Object.fromEntries(Object.entries(sums).map(([group, [some, all]]) => [group, `${some}/${all}`]));
  }

  #recordsOf(name: Function, partition: number): readonly TestRecord[] {
    return name === 'alert' ? this.telemetry[partition]! : this.counts;
  }

  async #start(name: Function) {
    return (name === 'alert' ? createAlert : createFleet)(this.platform);
  }
}

/** Devices are even or odd by their last character. */
function partitionOf(deviceId: string): number {
  return deviceId.charCodeAt(deviceId.length - 1) % 2;
}
