/** Watches the alert topics and finds the alerts of one run among them. */
import type { MqttClient } from 'mqtt';
import type { ExpectedFiring } from './oracle.js';
import { connectMqtt } from './publisher.js';

export interface AlertCounts {
  readonly received: number;
  readonly missing: number;
  /** Firing again for an event that had fired. */
  readonly duplicate: number;
  /** Firing for events of this run that must not have fired. */
  readonly unexpected: number;
  readonly resolved: number;
}

interface AlertDocument {
  readonly rule?: string;
  readonly state?: string;
  readonly deviceId?: string;
  /** RFC 3339 or epoch ms. */
  readonly startsAt?: string | number;
  readonly event?: { readonly seq?: number } | null;
}

/** Alerts counted by what they are about; pure, so that it can be tested without a broker. */
export class AlertLedger {
  readonly #rule: string;
  readonly #firing = new Map<string, number>();
  readonly #resolved = new Set<string>();
  /** Messages on alert topics that are not alert documents. */
  unreadable = 0;

  constructor(rule: string) {
    this.#rule = rule;
  }

  add(payload: string): void {
    let alert: AlertDocument;
    try {
      alert = JSON.parse(payload) as AlertDocument;
    } catch {
      this.unreadable++;
      return;
    }
    if (alert.rule !== this.#rule || alert.deviceId === undefined) return;
    if (alert.state === 'firing') {
      const key = `${alert.deviceId} ${alert.event?.seq}`;
      this.#firing.set(key, (this.#firing.get(key) ?? 0) + 1);
    } else if (alert.state === 'resolved') {
      // By its start, which is the firing's event time: what an earlier run left behind is told apart.
      this.#resolved.add(`${alert.deviceId} ${new Date(alert.startsAt ?? Number.NaN).getTime()}`);
    }
  }

  /** @param devices ids of the run; @param seqFrom lowest seq of the run */
  counts(firing: readonly ExpectedFiring[], devices: ReadonlySet<string>, seqFrom: number): AlertCounts {
    let received = 0;
    let duplicate = 0;
    let resolved = 0;
    const expected = new Set<string>();
    for (const { deviceId, seq, eventTime } of firing) {
      const key = `${deviceId} ${seq}`;
      expected.add(key);
      const times = this.#firing.get(key) ?? 0;
      if (times > 0) received++;
      duplicate += Math.max(0, times - 1);
      if (this.#resolved.has(`${deviceId} ${eventTime}`)) resolved++;
    }
    let unexpected = 0;
    for (const key of this.#firing.keys()) {
      const [deviceId, seq] = key.split(' ') as [string, string];
      if (!expected.has(key) && devices.has(deviceId) && Number(seq) >= seqFrom) unexpected++;
    }
    return { received, missing: firing.length - received, duplicate, unexpected, resolved };
  }
}

export async function watchAlerts(
  where: { readonly host: string; readonly port: number; readonly clientId: string },
  ledger: AlertLedger,
): Promise<MqttClient> {
  const client = await connectMqtt(where.host, where.port, where.clientId);
  client.on('message', (_topic, payload) => ledger.add(payload.toString('utf8')));
  await client.subscribeAsync('alerts/#', { qos: 1 });
  return client;
}
