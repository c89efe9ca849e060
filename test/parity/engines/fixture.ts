/**
 * The records that every engine is shown, made from a seed: events of several device types with late, repeated and
 * malformed ones among them, hot episodes, devices that fall silent and come back with a backlog, and ticks. Arrival
 * times are the fixture's own, so no engine adds anything to it.
 */

import { partitionOf } from '../../../streams/partitioner.js';
import { type NewRecord, RecordKind } from '../../../streams/record.js';
import { type Random, seededRandom } from '../../support/random.js';
import { BODIES, type DeviceType, malformed, ODDITIES } from './payloads.js';

export interface Placed {
  readonly partition: number;
  readonly record: NewRecord;
}

export interface Fixture {
  readonly partitions: number;
  readonly deviceIds: readonly string[];
  /** In order of arrival. */
  readonly records: readonly Placed[];
  readonly events: number;
  /** Per partition. */
  readonly ticks: number;
}

/** So that hours and days change on the way. */
const BEGIN = Date.parse('2024-06-15T22:50:00Z');
const SPAN_MS = 2.5 * 3_600_000;
const TICK_MS = 10_000;
const DEVICES = 48;
const TYPES: readonly DeviceType[] = [
  'environment',
  'environment',
  'meter',
  'room',
  'weather',
  'air-handler',
];
/** Events of a long episode: half an hour of low voltage fires. */
const MANY = 900;
/** What an event sent again is taken from. */
const REMEMBERED = 30;

interface Device {
  readonly id: string;
  readonly type: DeviceType;
  seq: number;
  /** Events for which the condition of a rule goes on holding. */
  hot: number;
  /** The event times it is about: a device with a backlog sends old ones. */
  backlogMs: number;
  silentUntil: number;
  readonly sent: Uint8Array[];
}

/** @param events how many there are, ticks not counted */
export function fixtureOf(seed: number, events: number, partitions: number): Fixture {
  const random = seededRandom(seed);
  const devices = Array.from({ length: DEVICES }, (_, index) => deviceOf(index));
  const records: Placed[] = [];
  let ticks = 0;
  let nextTick = BEGIN + TICK_MS;
  const tick = () => {
    for (let partition = 0; partition < partitions; partition++) {
      const record = { kind: RecordKind.tick, arrivalTime: nextTick, key: '', value: new Uint8Array() };
      records.push({ partition, record });
    }
    nextTick += TICK_MS;
    ticks++;
  };
  for (let index = 0; index < events; index++) {
    // Not strictly rising: several events arrive in one millisecond.
    const arrivalTime = BEGIN + Math.floor((index * SPAN_MS) / events / 7) * 7;
    while (nextTick <= arrivalTime) tick();
    const device = awake(devices, arrivalTime, random);
    const value = payloadOf(device, arrivalTime, random);
    const kind = random.next() < 0.1 ? RecordKind.received : RecordKind.acknowledged;
    const headers = random.next() < 0.01 ? { headers: { origin: 'gateway-ü', n: `${index}` } } : {};
    const partition = partitionOf(device.id, partitions);
    records.push({ partition, record: { kind, arrivalTime, key: device.id, value, ...headers } });
  }
  // Until nothing can happen any more: windows close, what was about to fire does.
  for (const end = nextTick + 3_600_000; nextTick < end; ) tick();
  return { partitions, deviceIds: devices.map(({ id }) => id), records, events, ticks };
}

/** @param order by partition, the places of all its records as they shall follow each other */
export function reordered(fixture: Fixture, order: readonly (readonly bigint[])[]): Fixture {
  const byPartition = order.map((_, at) => fixture.records.filter(({ partition }) => partition === at));
  const next = order.map(() => 0);
  const records = fixture.records.map(
    ({ partition }) => byPartition[partition]![Number(order[partition]![next[partition]!++]!)]!,
  );
  return { ...fixture, records };
}

function deviceOf(index: number): Device {
  const type = TYPES[index % TYPES.length]!;
  const id = ['Fühler 3', '100%', 'ein "Gerät"', '温度-🌡', "o'hare\\n"][index] ?? `${type}-${index}`;
  return { id, type, seq: 0, hot: 0, backlogMs: 0, silentUntil: 0, sent: [] };
}

/** Some device that is not silent; now and then one falls silent, and comes back with what it measured meanwhile. */
function awake(devices: readonly Device[], now: number, random: Random): Device {
  for (;;) {
    const device = devices[random.integer(0, devices.length - 1)]!;
    if (device.silentUntil > now) continue;
    if (random.next() < 0.002) {
      const silentMs = random.integer(30_000, 600_000);
      device.silentUntil = now + silentMs;
      device.backlogMs = random.next() < 0.5 ? silentMs : 0;
    }
    return device;
  }
}

function payloadOf(device: Device, now: number, random: Random): Uint8Array {
  const dice = random.next();
  if (dice < 0.015) return malformed(device.id, device.type, now, random);
  if (dice < 0.04 && device.sent.length > 0) return device.sent[random.integer(0, device.sent.length - 1)]!;
  if (device.hot > 0) device.hot--;
  else if (random.next() < 0.01) device.hot = random.integer(1, random.next() < 0.1 ? MANY : 40);
  // An event that says otherwise in the middle of an episode ends it, and the next one begins another.
  const isHot = device.hot > 0 && random.next() > 0.01;
  const time = now - lagOf(device, random);
  const fields = [
    ['ts', timestamp(time, random)],
    ...(random.next() < 0.03 ? [] : [['seq', `${device.seq++}`]]),
    ...(device.type === 'environment' ? [] : [['deviceType', JSON.stringify(device.type)]]),
    ...BODIES[device.type](random, isHot),
    ...(random.next() < 0.03 ? [ODDITIES[random.integer(0, ODDITIES.length - 1)]!] : []),
  ];
  const text = fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',');
  const value = Buffer.from(random.next() < 0.02 ? `{ ${text}\n}` : `{${text}}`);
  device.sent.push(value);
  if (device.sent.length > REMEMBERED) device.sent.shift();
  return value;
}

/** How old an event is when it arrives (ms): fresh, out of order, or late; a backlog is worked off step by step. */
function lagOf(device: Device, random: Random): number {
  if (device.backlogMs > 0) {
    const lag = device.backlogMs;
    device.backlogMs = Math.max(0, device.backlogMs - random.integer(5_000, 40_000));
    return lag;
  }
  const dice = random.next();
  if (dice < 0.9) return random.integer(0, 400);
  if (dice < 0.97) return random.integer(400, 50_000);
  return random.integer(60_000, 900_000);
}

function timestamp(time: number, random: Random): string {
  const dice = random.next();
  if (dice < 0.9) return `${time}`;
  return dice < 0.95 ? `${time}.25` : JSON.stringify(new Date(time).toISOString());
}
