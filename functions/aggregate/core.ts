/**
 * Event-time windows per device, group and fleet, of any number of definitions at once. Pure: the same records applied
 * to the same state give the same rows, however the stream is cut into batches, because everything is decided per
 * record, in stream order.
 *
 * For each event:
 * - its `seq`, or its id, came before: a *duplicate*, booked, without further effect;
 * - else it goes into its windows of every definition that applies to its device type. Where such a window has closed,
 *   by the device's or group's clock as it was before the event, it is *late*: kept, with the names of the definitions
 *   that lack it; an event that is late nowhere is *aggregated*;
 * - then the clocks move on, and windows that they have reached become complete and close (see `series.ts`).
 *
 * Ticks complete and close the windows of silent devices and groups, by their own clocks: the watermark plus the time
 * passed since the event that set it arrived. So a recording of long ago is not late by the calendar. A tick closes
 * windows that are open and, with them, what is earlier; a device that comes back with a backlog finds its later windows
 * open.
 */
import type { DecodedEvent, EventDecoder, Refusal } from '../../schemas/decode.js';
import type { DeviceTags } from '../../schemas/device-tags.js';
import type { AggregationCommit } from '../../stores/aggregation.js';
import type { Batch } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import { firstIndexFrom } from '../resume.js';
import type { PartitionState } from './partition.js';
import { Run } from './run.js';

/** How events become groups: tags of a device, by the settings. */
export type TagsOf = (deviceId: string, body: Readonly<Record<string, unknown>>) => DeviceTags;

/** Keys (device ids) of the records from `skip` on, by index; none for ticks and for what is skipped. */
export type Keys = readonly (string | undefined)[];

/** A batch's events, by index; to know its groups they are decoded before anything is applied. */
export type Decoded = readonly (DecodedEvent | Refusal | undefined)[];

export function keysOf(batch: Batch, skip: number): Keys {
  const keys = new Array<string | undefined>(batch.count);
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    if (index >= skip && cursor.kind !== RecordKind.tick) keys[index] = cursor.key();
  }
  return keys;
}

export function decodeAll(batch: Batch, keys: Keys, decoder: EventDecoder): Decoded {
  const decoded = new Array<DecodedEvent | Refusal | undefined>(batch.count);
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    const deviceId = keys[index];
    if (deviceId === undefined) continue;
    const event = decoder.decode(cursor, deviceId);
    // The decoder's event is only good until the next one.
    decoded[index] = event.ok ? { ...event } : event;
  }
  return decoded;
}

/**
 * Applies the records that the state does not contain yet, and returns what changed. The state holds every device
 * among `keys`, every group among the events, and all that have open windows. When the commit fails, the state is
 * worthless.
 */
export function applyBatch(
  state: PartitionState,
  batch: Batch,
  keys: Keys,
  events: EventDecoder | Decoded,
  tagsOf: TagsOf,
): AggregationCommit {
  const skip = firstIndexFrom(batch, state.tally.nextOffset);
  const run = new Run(state, batch, tagsOf);
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    if (index < skip) continue;
    const deviceId = keys[index];
    if (deviceId === undefined) {
      run.tick(cursor.arrivalTime, index);
      continue;
    }
    const event = 'decode' in events ? events.decode(cursor, deviceId) : events[index]!;
    if (event.ok) run.event(deviceId, event, cursor.arrivalTime, index);
    else run.refused++;
  }
  return run.commit(skip);
}
