/** Judges transport alone, as a subscriber sees it: for brokers that only carry messages. */
import type { Target } from '../drivers/driver.js';
import { Findings } from '../oracle/findings.js';
import { subscribe } from '../oracle/subscriber.js';
import { TransportWatch } from '../oracle/transport.js';
import type { Plan } from '../plan/action.js';
import type { LedgerRow } from '../result.js';
import { delayUntil } from './delay.js';
import type { Judging } from './judging.js';

export interface TransportOptions {
  readonly target: Target;
  readonly clientId: string;
  /** What the fleets publish on, with `{deviceId}`. */
  readonly topics: readonly string[];
  /** Devices share so many connections; null: one each. */
  readonly connections: number | null;
  /** Why no more than transport is looked at. */
  readonly reason: string;
}

const POLL_MS = 100;
/** Nothing came for so long: nothing more will. */
const QUIET_MS = 1_500;

/** Throws `MQTT_CONNECT` when the broker cannot be reached. */
export async function transportJudging(plan: Plan, options: TransportOptions): Promise<Judging> {
  const findings = new Findings();
  const watch = new TransportWatch(findings, plan.devices.length);
  const counts = { sent: 0, promised: 0, again: 0 };
  /** Sent and not acknowledged, by device. */
  const open = new Int32Array(plan.devices.length);
  const idOf = (device: number) => plan.devices[device]!.deviceId;
  let lastAt = performance.now();
  const subscriber = await subscribe(
    options.target,
    options.clientId,
    [...new Set(options.topics.map(filterOf))].map((filter) => ({
      filter,
      received(topic: string, payload: Buffer) {
        lastAt = performance.now();
        watch.receivedOn(topic, payload);
      },
    })),
  );
  return {
    observer: {
      sent(device, publish) {
        counts.sent++;
        if (publish.qos > 0) open[device]!++;
        watch.sent(idOf(device), publish);
      },
      acknowledged(device, publish) {
        if (publish.qos > 0) {
          counts.promised++;
          open[device]!--;
        }
        watch.acknowledged(publish);
      },
      disconnected(connection) {
        // Over shared connections, whose devices these were is not worth knowing: copies are then no fault of anybody.
        const isShared = options.connections !== null;
        counts.again += isShared ? open.reduce((sum, one) => sum + one, 0) : open[connection]!;
        const id = isShared ? null : idOf(connection);
        watch.connectionLost((deviceId) => id === null || deviceId === id);
      },
    },
    notChecked: [options.reason],
    alerts: () => 0,
    async judge(settleMs) {
      lastAt = performance.now();
      await delayUntil(
        () => {
          const quiet = performance.now() - lastAt >= QUIET_MS;
          return watch.received >= counts.sent || quiet;
        },
        settleMs,
        POLL_MS,
      );
      watch.finish();
      const ledger: LedgerRow[] = [
        {
          what: 'handed on',
          expected: counts.promised,
          // Copies that the scenario sends count as sent; what a client sends again may come once more.
          maybe: counts.sent - counts.promised + counts.again,
          actual: watch.received,
        },
      ];
      return { findings: findings.list(), notChecked: [], ledger, alertLatency: null };
    },
    close: () => subscriber.close(),
  };
}

/** `{deviceId}` may be a part of a level only, and a filter knows whole ones. */
export function filterOf(topic: string): string {
  return topic
    .split('/')
    .map((level) => (level.includes('{deviceId}') ? '+' : level))
    .join('/');
}
