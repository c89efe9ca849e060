/**
 * Events as the decoder leaves them, for the aggregate core alone: devices in turn, one event a second each, three
 * metrics, some out of order. The same for the same arguments.
 */
import type { AggregateSettings, AggregationDefinition } from '../../common/aggregations.js';
import { tumblingPerDevice } from '../../common/aggregations.js';
import { Device } from '../../functions/aggregate/device.js';
import { Group } from '../../functions/aggregate/group.js';
import { emptyTally, PartitionState } from '../../functions/aggregate/partition.js';
import { Plans } from '../../functions/aggregate/plan.js';
import { Run } from '../../functions/aggregate/run.js';
import type { DecodedEvent } from '../../schemas/decode.js';
import type { AggregationCommit } from '../../stores/aggregation.js';
import type { Batch } from '../../streams/batch.js';

/** Records per invocation, as the function gets them under load. */
export const BATCH = 10_000;
export const METRICS = 3;
const T0 = Date.UTC(2026, 0, 1);
const INTERVAL_MS = 1_000;
const BODIES = 9_973;
/** One event in so many is so late: within the allowed lateness. */
const LATE_EVERY = 50;
const LATE_MS = 8_000;
const SITES = ['north', 'south', 'east', 'west'];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The definition that the figures are about: tumbling windows of 10 s per device, the basic figures of all metrics. */
export const TUMBLING = tumblingPerDevice(10_000, 10_000);

export function withDefinitions(
  ...definitions: readonly Partial<AggregationDefinition>[]
): AggregateSettings {
  const [base] = TUMBLING.definitions;
  const all = definitions.map((changes, index) => ({ ...base!, name: `d${index}`, ...changes }));
  return { ...TUMBLING, definitions: all };
}

export class Load {
  readonly state: PartitionState;
  readonly devices: number;
  readonly #ids: string[];
  readonly #bodies: Readonly<Record<string, unknown>>[];
  readonly #event: Mutable<DecodedEvent>;
  #sent = 0;

  constructor(devices: number, settings: AggregateSettings) {
    this.devices = devices;
    this.state = new PartitionState(emptyTally(0), new Plans(settings));
    this.#ids = Array.from({ length: devices }, (_, index) => `sensor-${index}`);
    this.makeDevices();
    for (const plan of this.state.plans.ofGroups) {
      for (const key of plan.by!.length === 0 ? [''] : SITES.map((site) => `site=${site}`)) {
        this.state.groups[plan.slot]!.set(key, new Group(key, plan));
      }
    }
    this.#bodies = Array.from({ length: BODIES }, (_, index) =>
      JSON.parse(
        `{"ts":${T0 + index},"seq":${index},"temperature":${(20 + Math.sin(index) * 5).toFixed(2)},` +
          `"humidity":${(50 + Math.cos(index) * 20).toFixed(2)},"battery":${(3 + (index % 100) / 100).toFixed(2)}}`,
      ),
    );
    this.#event = {
      ok: true,
      deviceType: 'environment',
      eventTime: 0,
      timeFrom: 'event',
      seq: 0,
      body: this.#bodies[0]!,
      text: '',
    };
  }

  /** Devices that have sent nothing yet. */
  makeDevices(): void {
    for (const id of this.#ids) this.state.devices.set(id, new Device(id));
  }

  /** Time of the next event, by the devices' clocks. */
  get now(): number {
    return T0 + Math.floor(this.#sent / this.devices) * INTERVAL_MS;
  }

  /** Applies so many events as one invocation. */
  batch(count: number): AggregationCommit {
    const run = this.#run(count);
    const event = this.#event;
    for (let index = 0; index < count; index++) {
      const sent = this.#sent++;
      const device = sent % this.devices;
      const round = (sent - device) / this.devices;
      const time = T0 + round * INTERVAL_MS + (device % INTERVAL_MS);
      event.eventTime = sent % LATE_EVERY === 0 ? time - LATE_MS : time;
      event.seq = round;
      event.body = this.#bodies[sent % BODIES]!;
      run.event(this.#ids[device]!, event, time, index);
    }
    return run.commit(0);
  }

  /** Applies a tick of this time. */
  tick(time: number): AggregationCommit {
    const run = this.#run(1);
    run.tick(time, 0);
    return run.commit(0);
  }

  #run(count: number): Run {
    const batch: Batch = {
      stream: 'telemetry',
      partition: 0,
      baseOffset: this.state.tally.nextOffset,
      count,
      frames: Buffer.alloc(0),
    };
    return new Run(this.state, batch, (deviceId) => ({
      site: SITES[Number(deviceId.slice(7)) % SITES.length]!,
    }));
  }
}
