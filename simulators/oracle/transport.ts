/**
 * What a broker did with the messages themselves, seen by a subscriber: for backends that only carry messages, and to
 * tell a transport's fault from a function's. Per device, because a broker owes order per publisher and topic.
 */
import type { Publish } from '../plan/action.js';
import type { Findings } from './findings.js';

interface Message {
  readonly number: number;
  readonly payload: Buffer;
  readonly acknowledged: () => boolean;
  /** How often it was sent, and how often it came. */
  sent: number;
  received: number;
}

export class TransportWatch {
  readonly #devices = new Map<string, DeviceTransport>();
  readonly #findings: Findings;
  #received = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  get received(): number {
    return this.#received;
  }

  /** In the order of sending. @param acknowledged asked at the end: nothing is owed for what nobody promised */
  sent(deviceId: string, publish: Publish, acknowledged: () => boolean): void {
    let device = this.#devices.get(deviceId);
    if (device === undefined) {
      device = new DeviceTransport(deviceId, this.#findings);
      this.#devices.set(deviceId, device);
    }
    device.sent(publish, acknowledged);
  }

  receivedFrom(deviceId: string, payload: Buffer): void {
    this.#received++;
    const device = this.#devices.get(deviceId);
    if (device !== undefined) device.received(payload);
    else {
      const what = `a message of ${deviceId}, which is no device of this run: ${excerpt(payload)}`;
      this.#findings.add({ kind: 'unexpected', where: 'transport', what });
    }
  }

  /** @param resends clients sent again what was not acknowledged: copies are then no fault */
  finish(resends: boolean): void {
    for (const device of this.#devices.values()) device.finish(resends);
  }
}

class DeviceTransport {
  readonly #deviceId: string;
  readonly #findings: Findings;
  readonly #messages: Message[] = [];
  readonly #byPayload = new Map<string, number>();
  #furthest = -1;

  constructor(deviceId: string, findings: Findings) {
    this.#deviceId = deviceId;
    this.#findings = findings;
  }

  sent({ payload, report }: Publish, acknowledged: () => boolean): void {
    const key = payload.toString('latin1');
    const at = this.#byPayload.get(key);
    if (at === undefined) {
      this.#byPayload.set(key, this.#messages.length);
      this.#messages.push({ number: report.number, payload, acknowledged, sent: 1, received: 0 });
    } else this.#messages[at]!.sent++;
  }

  received(payload: Buffer): void {
    const at = this.#byPayload.get(payload.toString('latin1'));
    if (at === undefined) {
      const original = this.#original(payload);
      const what =
        original === undefined
          ? `a message of ${this.#deviceId} that was never sent: ${excerpt(payload)}`
          : `report ${original.number} of ${this.#deviceId} was altered`;
      this.#findings.add({
        kind: original === undefined ? 'unexpected' : 'wrong',
        where: 'transport',
        what,
        ...(original === undefined ? {} : { expected: original.payload.toString() }),
        actual: payload.toString(),
      });
      return;
    }
    const message = this.#messages[at]!;
    message.received++;
    if (message.received > 1) return;
    if (at < this.#furthest) {
      const after = this.#messages[this.#furthest]!.number;
      const what = `report ${message.number} of ${this.#deviceId} came after report ${after}`;
      this.#findings.add({ kind: 'reordered', where: 'transport', what });
    }
    this.#furthest = Math.max(this.#furthest, at);
  }

  finish(resends: boolean): void {
    for (const { number, payload, sent, received, acknowledged } of this.#messages) {
      const what = `report ${number} of ${this.#deviceId}`;
      if (received === 0 && acknowledged()) {
        const lost = `${what} was acknowledged and never came`;
        this.#findings.add({ kind: 'lost', where: 'transport', what: lost, expected: payload.toString() });
      } else if (received > sent && !resends) {
        const copied = `${what} came ${received} times, sent ${sent} times`;
        this.#findings.add({ kind: 'duplicate', where: 'transport', what: copied });
      }
    }
  }

  /** The message that an altered one was made of: its sequence number, or failing that its time, says so. */
  #original(payload: Buffer): Message | undefined {
    const identity = /"(?:seq|ts)":\d+/g;
    const marks: string[] = payload.toString().match(identity) ?? [];
    return this.#messages.find((message) =>
      (message.payload.toString().match(identity) ?? []).some((mark) => marks.includes(mark)),
    );
  }
}

function excerpt(payload: Buffer): string {
  return JSON.stringify(payload.toString('utf8', 0, 120));
}
