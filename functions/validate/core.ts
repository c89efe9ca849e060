/**
 * What validate does with a batch: the latest event of each device, the refused records for the quarantine, and the
 * counts. Pure: the same records and the same tally give the same commit.
 */
import type { DecodedEvent, EventDecoder, Refusal } from '../../schemas/decode.js';
import type { LatestEvent, QuarantineEntry, ValidationTally } from '../../stores/validation.js';
import { type Batch, lastOffset, offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import type { MqttMessage } from '../contract.js';
import { firstIndexFrom } from '../resume.js';

/** Payloads are kept up to this length; the reason says when one was cut. */
export const MAX_QUARANTINED_BYTES = 64 * 1024;

export interface Scan {
  readonly tally: ValidationTally;
  /** The batch's latest event of each device that had one: by event time, of equal ones the later offset. */
  readonly latest: ReadonlyMap<string, LatestEvent>;
  readonly quarantined: readonly QuarantineEntry[];
}

export function emptyTally(partition: number): ValidationTally {
  return { partition, nextOffset: 0n, valid: 0, quarantined: 0, ticks: 0 };
}

/** Goes through the records of the batch that `tally` does not contain yet. */
export function scan(batch: Batch, tally: ValidationTally, decoder: EventDecoder): Scan {
  const skip = firstIndexFrom(batch, tally.nextOffset);
  const latest = new Map<string, Candidate>();
  const quarantined: QuarantineEntry[] = [];
  let valid = 0;
  let ticks = 0;
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    if (index < skip) continue;
    if (cursor.kind === RecordKind.tick) {
      ticks++;
      continue;
    }
    const deviceId = cursor.key();
    const event = decoder.decode(cursor, deviceId);
    if (event.ok) {
      valid++;
      const candidate = latest.get(deviceId);
      if (candidate === undefined) latest.set(deviceId, take({} as Candidate, event, cursor, index));
      else if (event.eventTime >= candidate.eventTime) take(candidate, event, cursor, index);
    } else {
      quarantined.push(quarantine(batch, index, cursor, deviceId, event));
    }
  }
  return {
    tally: {
      partition: batch.partition,
      nextOffset: skip < batch.count ? lastOffset(batch) + 1n : tally.nextOffset,
      valid: tally.valid + valid,
      quarantined: tally.quarantined + quarantined.length,
      ticks: tally.ticks + ticks,
    },
    latest: new Map([...latest].map(([deviceId, candidate]) => [deviceId, row(batch, deviceId, candidate)])),
    quarantined,
  };
}

/** The rows that replace what is known: `known` has the event time of each device's current row. */
export function replacing(scanned: Scan, known: ReadonlyMap<string, number>): LatestEvent[] {
  return [...scanned.latest.values()].filter(
    ({ deviceId, eventTime }) => eventTime >= (known.get(deviceId) ?? Number.NEGATIVE_INFINITY),
  );
}

/**
 * Answers to the publishers of refused events, at most `limit` per device: a device that sends nothing but rubbish
 * is not answered with as much. A device id that is not one topic level gets none.
 */
export function rejections(quarantined: readonly QuarantineEntry[], limit: number): MqttMessage[] {
  const perDevice = new Map<string, number>();
  const messages: MqttMessage[] = [];
  for (const { id, deviceId, code, reason, keyword, pointer, arrivalTime } of quarantined) {
    const sent = perDevice.get(deviceId) ?? 0;
    if (sent >= limit || !TOPIC_LEVEL.test(deviceId)) continue;
    perDevice.set(deviceId, sent + 1);
    messages.push({
      topic: `devices/${deviceId}/telemetry/rejected`,
      payload: Buffer.from(JSON.stringify({ id, code, reason, keyword, pointer, arrivalTime })),
      qos: 1,
      retain: false,
    });
  }
  return messages;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: U+0000 is what MQTT forbids in a topic
const TOPIC_LEVEL = /^[^/+#\u0000]+$/;

interface Candidate {
  index: number;
  deviceType: string;
  eventTime: number;
  arrivalTime: number;
  text: string;
}

function take(into: Candidate, event: DecodedEvent, cursor: FrameCursor, index: number): Candidate {
  into.index = index;
  into.deviceType = event.deviceType;
  into.eventTime = event.eventTime;
  into.arrivalTime = cursor.arrivalTime;
  into.text = event.text;
  return into;
}

function row(batch: Batch, deviceId: string, candidate: Candidate): LatestEvent {
  const { index, deviceType, eventTime, arrivalTime, text } = candidate;
  const offset = offsetAt(batch, index);
  return { deviceId, deviceType, partition: batch.partition, offset, eventTime, arrivalTime, event: text };
}

function quarantine(
  batch: Batch,
  index: number,
  cursor: FrameCursor,
  deviceId: string,
  { code, reason, keyword, pointer }: Refusal,
): QuarantineEntry {
  const offset = offsetAt(batch, index);
  const length = cursor.valueEnd - cursor.valueStart;
  const cut = length > MAX_QUARANTINED_BYTES;
  return {
    id: `${batch.partition}-${offset}`,
    partition: batch.partition,
    offset,
    deviceId,
    arrivalTime: cursor.arrivalTime,
    code,
    reason: cut ? `${reason} (payload of ${length} bytes cut to ${MAX_QUARANTINED_BYTES})` : reason,
    keyword,
    pointer,
    // A copy: the entry must not hold the whole batch's buffer.
    payload: Buffer.from(cursor.value().subarray(0, MAX_QUARANTINED_BYTES)),
  };
}
