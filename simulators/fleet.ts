/**
 * A seeded fleet: which devices there are and what each of them reports, to the byte. Pure.
 *
 * Every device draws from a generator of its own, made from the seed and its number, and no value depends on how many
 * devices there are: a larger fleet is the smaller one and more devices. Nothing but additions and products goes into
 * a value (no Math.sin, whose last bit engines may choose), so the bytes are the same on every machine.
 */
import { Random } from './random.js';

export interface FleetOptions {
  readonly seed: number;
  readonly devices: number;
  /** Event time of the fleet's beginning, epoch ms. */
  readonly startTime: number;
  /** Between two events of one device, ms. */
  readonly intervalMs: number;
}

export type EventKind = 'normal' | 'hot' | 'malformed';

export interface SimulatedEvent {
  readonly deviceId: string;
  /** Grows by one with every event of the device; see `seqStart`. */
  readonly seq: number;
  /** Event time, epoch ms. */
  readonly time: number;
  readonly kind: EventKind;
  /** What a valid event reports; null when it is malformed. */
  readonly temperature: number | null;
  /** What is published: JSON, unless the event is malformed. */
  readonly payload: string;
}

export interface SimulatedDevice {
  readonly deviceId: string;
  /** Its events in order, without end. */
  events(): Generator<SimulatedEvent, never>;
}

/** One event in about so many is malformed; one in about so many begins a hot episode. */
const MALFORMED_ONE_IN = 200;
const EPISODE_ONE_IN = 40;
/** A device's first events are normal: whatever an earlier run left firing resolves before anything new fires. */
const CALM_EVENTS = 2;

export function deviceIdOf(seed: number, index: number): string {
  return `sim-${seed}-${index}`;
}

/**
 * First `seq` of a run: its start in ms. A later run of the same fleet begins above all numbers of an earlier one, as
 * long as a device sends less than one event per ms, so nothing new is taken for something sent again.
 */
export function seqStart(options: FleetOptions): number {
  return options.startTime;
}

export function fleet(options: FleetOptions): SimulatedDevice[] {
  return Array.from({ length: options.devices }, (_, index) => device(options, index));
}

function device(options: FleetOptions, index: number): SimulatedDevice {
  const deviceId = deviceIdOf(options.seed, index);
  return { deviceId, events: () => series(options, deviceId, Random.of(options.seed, index)) };
}

function* series(options: FleetOptions, deviceId: string, random: Random): Generator<SimulatedEvent, never> {
  const phase = random.unit();
  const climate = random.between(18, 26);
  let battery = random.between(3.4, 4.1);
  let drift = 0;
  let humidity = random.between(35, 60);
  let hotLeft = 0;
  for (let i = 0; ; i++) {
    const time = options.startTime + Math.round((phase + i) * options.intervalMs);
    const seq = seqStart(options) + i;
    // The same draws for every event, whatever becomes of it: a series never shifts against itself.
    const step = random.between(-0.4, 0.4);
    const damp = random.between(-0.8, 0.8);
    const fault = random.integer(0, MALFORMED_ONE_IN - 1);
    const episode = random.integer(0, EPISODE_ONE_IN - 1);
    const length = random.integer(2, 5);
    const heat = random.between(84, 95);

    drift = drift * 0.95 + step;
    humidity = Math.min(90, Math.max(10, humidity + damp));
    battery = Math.max(2.9, battery - 0.00001);
    if (i < CALM_EVENTS) hotLeft = 0;
    else if (hotLeft > 0) hotLeft--;
    else if (episode === 0) hotLeft = length;
    const hot = hotLeft > 0;
    const temperature = rounded(hot ? heat : climate + drift, 2);
    const payload = JSON.stringify({
      ts: time,
      seq,
      temperature,
      humidity: rounded(humidity, 1),
      battery: rounded(battery, 3),
    });
    if (fault === 0 && i >= CALM_EVENTS) {
      const broken = seq % 2 === 0 ? payload.slice(0, -1) : payload.replace(String(temperature), '"n/a"');
      yield { deviceId, seq, time, kind: 'malformed', temperature: null, payload: broken };
    } else {
      yield { deviceId, seq, time, kind: hot ? 'hot' : 'normal', temperature, payload };
    }
  }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
