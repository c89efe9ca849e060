/**
 * Tumbling event-time windows per device. Pure: the same records applied to the same state give the same rows,
 * however the stream is cut into batches, because everything is decided per device in stream order.
 *
 * For each event, by the device's clock as it was before the event:
 * - its `seq` came before: a *duplicate*, booked, without further effect;
 * - its window was closed (it ends at or before the watermark, or a tick closed it): *late*, counted and kept;
 * - otherwise it is *aggregated*: added to its window, which opens if need be.
 * Then the clock moves on, and windows that end at or before the watermark close.
 *
 * Ticks close the windows of silent devices, by the device's own clock: latest event time plus the time passed since
 * that event arrived. So a recording of long ago is not late by the calendar. A tick closes windows that are open
 * and, with them, what is earlier; a device that comes back with a backlog finds its later windows open.
 */
import type { EventDecoder } from '../../schemas/decode.js';
import type { AggregationCommit, DeviceProgress, LateEvent, WindowRow } from '../../stores/aggregation.js';
import { type Batch, lastOffset, offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import { firstIndexFrom } from '../resume.js';
import type { Device, Window } from './device.js';
import { addEvent, MAX_METRICS } from './figures.js';
import type { PartitionState } from './partition.js';

export interface AggregateOptions {
  /** ms */
  readonly windowMs: number;
  /** ms */
  readonly allowedLatenessMs: number;
}

/** Keys (device ids) of the records from `skip` on, by index; none for ticks and for what is skipped. */
export function keysOf(batch: Batch, skip: number): (string | undefined)[] {
  const keys = new Array<string | undefined>(batch.count);
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    if (index >= skip && cursor.kind !== RecordKind.tick) keys[index] = cursor.key();
  }
  return keys;
}

/**
 * Applies the records that the state does not contain yet, and returns what changed. The state holds every device
 * among `keys` (see `keysOf`) and every device with open windows. When the commit fails, the state is worthless.
 */
export function applyBatch(
  state: PartitionState,
  batch: Batch,
  keys: readonly (string | undefined)[],
  decoder: EventDecoder,
  options: AggregateOptions,
): AggregationCommit {
  const { tally } = state;
  const skip = firstIndexFrom(batch, tally.nextOffset);
  const run = new Run(state, batch, options);
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    if (index < skip) continue;
    const deviceId = keys[index];
    if (deviceId === undefined) {
      run.tick(cursor.arrivalTime, index);
      continue;
    }
    const event = decoder.decode(cursor, deviceId);
    if (!event.ok) run.refused++;
    else {
      const { eventTime, seq, body, text } = event;
      run.event(state.devices.get(deviceId)!, eventTime, seq, body, text, cursor.arrivalTime, index);
    }
  }
  state.tally = {
    partition: batch.partition,
    nextOffset: skip < batch.count ? lastOffset(batch) + 1n : tally.nextOffset,
    aggregated: tally.aggregated + run.aggregated,
    late: tally.late + run.late.length,
    duplicate: tally.duplicate + run.duplicate,
    refused: tally.refused + run.refused,
    ticks: tally.ticks + run.ticks,
  };
  return { tally: state.tally, from: tally.nextOffset, ...run.rows() };
}

/** One batch being applied: the counts, and what has changed. */
class Run {
  aggregated = 0;
  duplicate = 0;
  refused = 0;
  ticks = 0;
  readonly late: LateEvent[] = [];
  readonly #state: PartitionState;
  readonly #batch: Batch;
  readonly #size: number;
  readonly #lateness: number;
  readonly #run: number;
  readonly #devices: Device[] = [];
  readonly #windows: Window[] = [];

  constructor(state: PartitionState, batch: Batch, { windowMs, allowedLatenessMs }: AggregateOptions) {
    this.#state = state;
    this.#batch = batch;
    this.#size = windowMs;
    this.#lateness = allowedLatenessMs;
    this.#run = ++state.run;
  }

  event(
    device: Device,
    time: number,
    seq: number | undefined,
    body: Readonly<Record<string, unknown>>,
    text: string,
    arrivalTime: number,
    index: number,
  ): void {
    this.#changedDevice(device, index);
    const newest = time > device.maxEventTime;
    if (seq !== undefined && !device.sequences.take(seq, newest)) {
      this.duplicate++;
      return;
    }
    const start = Math.floor(time / this.#size) * this.#size;
    if (device.isLate(start + this.#size, this.#lateness)) {
      this.late.push(lateEvent(this.#batch, index, device.deviceId, time, arrivalTime, start, text));
    } else {
      const window = device.window(start, this.#size);
      window.events++;
      window.names += addEvent(window.metrics, body, time, MAX_METRICS - window.names);
      this.#changedWindow(window, index);
      this.aggregated++;
    }
    if (newest) {
      device.maxEventTime = time;
      device.maxArrival = arrivalTime;
      for (const window of device.closeUntil(time - this.#lateness)) this.#changedWindow(window, index);
    }
    this.#state.closings.list(device, device.dueAt(this.#lateness));
  }

  tick(now: number, index: number): void {
    this.ticks++;
    for (const device of this.#state.closings.take(now)) {
      const closed = device.closeUntil(device.estimate(now) - this.#lateness);
      for (const window of closed) {
        this.#changedWindow(window, index);
        this.#changedDevice(device, index);
        if (window.end > device.closedUpTo) device.closedUpTo = window.end;
      }
      this.#state.closings.list(device, device.dueAt(this.#lateness));
    }
  }

  rows(): Omit<AggregationCommit, 'tally'> {
    const batch = this.#batch;
    return {
      devices: this.#devices.map((device) => progressRow(batch, device)),
      windows: this.#windows.map((window) => windowRow(batch, window)),
      late: this.late,
    };
  }

  #changedDevice(device: Device, index: number): void {
    device.index = index;
    if (device.run === this.#run) return;
    device.run = this.#run;
    this.#devices.push(device);
  }

  #changedWindow(window: Window, index: number): void {
    window.index = index;
    if (window.run === this.#run) return;
    window.run = this.#run;
    this.#windows.push(window);
  }
}

function progressRow(batch: Batch, device: Device): DeviceProgress {
  const { deviceId, index } = device;
  return { deviceId, partition: batch.partition, offset: offsetAt(batch, index), state: device.encode() };
}

function windowRow(batch: Batch, window: Window): WindowRow {
  const { deviceId, start, end, closed, events, metrics, index } = window;
  const offset = offsetAt(batch, index);
  return { deviceId, start, size: end - start, partition: batch.partition, offset, closed, events, metrics };
}

function lateEvent(
  batch: Batch,
  index: number,
  deviceId: string,
  eventTime: number,
  arrivalTime: number,
  windowStart: number,
  payload: string,
): LateEvent {
  const { partition } = batch;
  const offset = offsetAt(batch, index);
  return {
    id: `${partition}-${offset}`,
    partition,
    offset,
    deviceId,
    eventTime,
    arrivalTime,
    windowStart,
    payload,
  };
}
