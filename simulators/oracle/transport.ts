/**
 * What a broker did with the messages themselves, seen by a subscriber: for backends that only carry messages, and to
 * tell a transport's fault from a function's. Per device, because a broker owes order per publisher and topic.
 *
 * A message may be seen before its sender has said that it was sent (senders may be other processes), so what nobody
 * knows is kept, and judged at the end. A device's messages are forgotten in their order when they are accounted for
 * and many have followed: only a copy that comes after that is taken for a message that was never sent.
 */
import type { Publish } from '../plan/action.js';
import type { Findings } from './findings.js';

interface Message {
  readonly number: number;
  readonly payload: Buffer;
  /** How often it may come. */
  sent: number;
  received: number;
  isPromised: boolean;
  /** QoS 0: nothing will ever be owed for it. */
  readonly isFree: boolean;
  /** When it came first, counted over all messages. */
  order: number;
}

interface Stranger {
  readonly payload: Buffer;
  readonly order: number;
}

/** Messages remembered, over all devices, and of one device at the least. */
const REMEMBERED = 500_000;
const LEAST_REMEMBERED = 64;

export class TransportWatch {
  readonly #findings: Findings;
  readonly #devices = new Map<string, DeviceTransport>();
  /** On topics that nothing was sent to yet. */
  readonly #elsewhere = new Map<string, Stranger[]>();
  readonly #remembered: number;
  #received = 0;

  /** @param devices so many publish */
  constructor(findings: Findings, devices: number) {
    this.#findings = findings;
    this.#remembered = Math.max(LEAST_REMEMBERED, Math.floor(REMEMBERED / devices));
  }

  get received(): number {
    return this.#received;
  }

  /** In the order of sending. */
  sent(deviceId: string, publish: Publish): void {
    const { topic } = publish;
    let device = this.#devices.get(topic);
    if (device === undefined) {
      device = new DeviceTransport(deviceId, this.#findings, this.#remembered);
      this.#devices.set(topic, device);
    }
    device.sent(publish);
  }

  acknowledged({ topic, payload, qos }: Publish): void {
    if (qos > 0) this.#devices.get(topic)?.acknowledged(payload);
  }

  /** What was not acknowledged may come again, from all devices of which `concerns` is true. */
  connectionLost(concerns: (deviceId: string) => boolean): void {
    for (const device of this.#devices.values()) if (concerns(device.deviceId)) device.connectionLost();
  }

  receivedOn(topic: string, payload: Buffer): void {
    const order = this.#received++;
    const device = this.#devices.get(topic);
    if (device !== undefined) device.received(payload, order);
    else {
      const strangers = this.#elsewhere.get(topic);
      if (strangers === undefined) this.#elsewhere.set(topic, [{ payload, order }]);
      else strangers.push({ payload, order });
    }
  }

  /** Nothing more comes. */
  finish(): void {
    for (const [topic, strangers] of this.#elsewhere) {
      const device = this.#devices.get(topic);
      for (const { payload, order } of strangers) {
        if (device !== undefined) device.received(payload, order);
        else {
          const what = `a message on ${topic}, which nothing was sent to: ${excerpt(payload)}`;
          this.#findings.add({ kind: 'unexpected', where: 'transport', what });
        }
      }
    }
    this.#elsewhere.clear();
    for (const device of this.#devices.values()) device.finish();
  }
}

class DeviceTransport {
  readonly deviceId: string;
  readonly #findings: Findings;
  readonly #remembered: number;
  /** In the order of sending. */
  readonly #messages = new Map<string, Message>();
  #strangers: Stranger[] = [];

  constructor(deviceId: string, findings: Findings, remembered: number) {
    this.deviceId = deviceId;
    this.#findings = findings;
    this.#remembered = remembered;
  }

  sent({ payload, report, qos }: Publish): void {
    const key = payload.toString('latin1');
    const known = this.#messages.get(key);
    if (known !== undefined) known.sent++;
    else {
      const { number } = report;
      const isFree = qos === 0;
      const fresh = { number, payload, sent: 1, received: 0, isPromised: false, isFree, order: -1 };
      this.#messages.set(key, fresh);
      if (this.#messages.size > 2 * this.#remembered) this.#forget();
    }
  }

  acknowledged(payload: Buffer): void {
    const message = this.#messages.get(payload.toString('latin1'));
    if (message !== undefined) message.isPromised = true;
  }

  connectionLost(): void {
    for (const message of this.#messages.values()) if (!message.isPromised) message.sent++;
  }

  received(payload: Buffer, order: number): void {
    const message = this.#messages.get(payload.toString('latin1'));
    if (message === undefined) this.#strangers.push({ payload, order });
    else {
      if (message.received === 0) message.order = order;
      message.received++;
    }
  }

  finish(): void {
    const strangers = this.#strangers;
    this.#strangers = [];
    for (const { payload, order } of strangers) this.received(payload, order);
    const altered = this.#alterations();
    this.#report([...this.#messages.values()], altered);
  }

  /** Messages that came in another form; every other stranger was never sent. */
  #alterations(): ReadonlySet<Message> {
    const altered = new Set<Message>();
    for (const { payload } of this.#strangers) {
      const original = this.#original(payload, altered);
      if (original === undefined) {
        const what = `a message of ${this.deviceId} that was never sent: ${excerpt(payload)}`;
        this.#findings.add({ kind: 'unexpected', where: 'transport', what, actual: payload.toString() });
        continue;
      }
      altered.add(original);
      this.#findings.add({
        kind: 'wrong',
        where: 'transport',
        what: `report ${original.number} of ${this.deviceId} was altered`,
        expected: original.payload.toString(),
        actual: payload.toString(),
      });
    }
    return altered;
  }

  #report(messages: readonly Message[], altered: ReadonlySet<Message>): void {
    let next: Message | undefined;
    for (const message of [...messages].reverse()) {
      const { number, payload, sent, received, isPromised, order } = message;
      const what = `report ${number} of ${this.deviceId}`;
      if (received === 0) {
        if (!isPromised || altered.has(message)) continue;
        const lost = `${what} was acknowledged and never came`;
        this.#findings.add({ kind: 'lost', where: 'transport', what: lost, expected: payload.toString() });
        continue;
      }
      if (received > sent) {
        const copied = `${what} came ${received} times, sent ${sent} times`;
        this.#findings.add({ kind: 'duplicate', where: 'transport', what: copied });
      }
      if (next !== undefined && order > next.order) {
        const late = `${what} came after report ${next.number}, which was sent later`;
        this.#findings.add({ kind: 'reordered', where: 'transport', what: late });
      } else next = message;
    }
  }

  /** Forgets the oldest messages, up to the first that is not accounted for yet. */
  #forget(): void {
    const done: Message[] = [];
    for (const [key, message] of this.#messages) {
      const isDone = message.isFree || message.received >= message.sent;
      if (!isDone || this.#messages.size <= this.#remembered) break;
      this.#messages.delete(key);
      done.push(message);
    }
    const [following] = this.#messages.values();
    // The one that follows takes part in the order, and is judged when its turn comes.
    this.#report(following?.received === 1 ? [...done, following] : done, new Set());
  }

  /** The message that an altered one was made of: its sequence number, or failing that its time, says so. */
  #original(payload: Buffer, taken: ReadonlySet<Message>): Message | undefined {
    const marks = marksOf(payload);
    for (const message of this.#messages.values()) {
      if (message.received > 0 || taken.has(message)) continue;
      if (marksOf(message.payload).some((mark) => marks.includes(mark))) return message;
    }
    return undefined;
  }
}

function marksOf(payload: Buffer): readonly string[] {
  return payload.toString().match(/"(?:seq|ts)":\d+/g) ?? [];
}

function excerpt(payload: Buffer): string {
  return JSON.stringify(payload.toString('utf8', 0, 120));
}
