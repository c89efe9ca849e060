/**
 * Which event is which: a pure function of device and index, so that the alerts that must come out are known before
 * the first event is sent.
 *
 * Of every device's events 1 % are above the rule's threshold and 0.5 % are malformed, at places that differ from
 * device to device. A hot event's neighbours are never hot, and the first two of a run never are: so each hot event
 * finds its device not firing and gives exactly one firing alert.
 */
import { Buffer } from 'node:buffer';
import { type PublishTemplate, publishTemplate } from '../../simulators/drivers/packets.js';

export const EventKind = { normal: 0, hot: 1, brokenJson: 2, wrongType: 3 } as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

const HOT_EVERY = 100;
const MALFORMED_EVERY = 200;

/** Kind of a device's event number `index` (from 0). */
export function kindOf(device: number, index: number): EventKind {
  const hotAt = 2 + ((device * 37) % 90);
  const place = index % MALFORMED_EVERY;
  if (place % HOT_EVERY === hotAt) return EventKind.hot;
  const malformedAt = ((hotAt + 50) % HOT_EVERY) + (device % 2) * HOT_EVERY;
  if (place !== malformedAt) return EventKind.normal;
  return (index / MALFORMED_EVERY + device) & 1 ? EventKind.wrongType : EventKind.brokenJson;
}

export function deviceIdOf(device: number): string {
  return `bench-${String(device).padStart(4, '0')}`;
}

/** Index of the device with this id, or -1. */
export function deviceIndexOf(deviceId: string): number {
  const match = /^bench-(\d{4,})$/.exec(deviceId);
  return match === null ? -1 : Number(match[1]);
}

const TIME_DIGITS = 13;
const SEQ_DIGITS = 8;
const ZERO = 48;

function writeDigits(target: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    target[i] = ZERO + (rest - next * 10);
    rest = next;
  }
}

/** Writes a device's PUBLISH packets, all of one length, by patching digits into a copy of a template. */
export class DevicePackets {
  /** Bytes of every packet. */
  readonly byteLength: number;
  readonly #template: PublishTemplate;
  readonly #device: number;
  readonly #timeAt: number;
  readonly #seqAt: number;
  readonly #temperatureAt: number;
  readonly #lastAt: number;

  constructor(device: number) {
    const deviceId = deviceIdOf(device);
    const payload =
      `{"deviceId":"${deviceId}","ts":${'0'.repeat(TIME_DIGITS)},"seq":${'0'.repeat(SEQ_DIGITS)},` +
      `"temperature":00.00,"humidity":45.21,"battery":3.712,"pressure":1013.25,"rssi":-61,"uptime":86400}`;
    this.#device = device;
    this.#template = publishTemplate(`devices/${deviceId}/telemetry`, Buffer.from(payload));
    const at = (field: string) => this.#template.payloadAt + payload.indexOf(field) + field.length;
    this.#timeAt = at('"ts":');
    this.#seqAt = at('"seq":');
    this.#temperatureAt = at('"temperature":');
    this.byteLength = this.#template.packet.length;
    this.#lastAt = this.byteLength - 1;
  }

  /**
   * Writes event number `index` at `at` and returns its kind.
   * @param seq 8 digits
   * @param time event time, epoch ms
   */
  write(target: Buffer, at: number, messageId: number, index: number, seq: number, time: number): EventKind {
    const template = this.#template;
    target.set(template.packet, at);
    target[at + template.messageIdAt] = messageId >> 8;
    target[at + template.messageIdAt + 1] = messageId & 0xff;
    writeDigits(target, at + this.#timeAt, TIME_DIGITS, time);
    writeDigits(target, at + this.#seqAt, SEQ_DIGITS, seq);
    const kind = kindOf(this.#device, index);
    const temperature = at + this.#temperatureAt;
    if (kind === EventKind.wrongType) {
      target.write('"hot"', temperature, 'latin1');
      return kind;
    }
    // 20.00 to 29.99, or 85.00 to 94.99: both sides of the default rule's threshold of 80.
    const hundredths = (kind === EventKind.hot ? 8500 : 2000) + ((index * 37) % 1000);
    const whole = Math.floor(hundredths / 100);
    writeDigits(target, temperature, 2, whole);
    writeDigits(target, temperature + 3, 2, hundredths - whole * 100);
    if (kind === EventKind.brokenJson) target[at + this.#lastAt] = 0x2c;
    return kind;
  }
}
