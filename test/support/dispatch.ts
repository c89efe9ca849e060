/** A deployment in memory with receivers, for tests of notifications: alerts in, schedule by hand, deliveries out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunScheduled } from '../../functions/contract.js';
import type { NotificationDocument } from '../../functions/dispatch/document.js';
import { create } from '../../functions/dispatch/handler.js';
import type { Alert, AlertState } from '../../stores/alerts.js';
import type { Delivery } from '../../stores/notifications.js';
import type { Matcher } from '../../stores/operations.js';
import { invocation, type MemoryPlatform, memoryPlatform } from './platform.js';
import { alertOf } from './query-data.js';

/** Timelines begin here (epoch ms); moments in them are seconds. */
export const START = Date.UTC(2026, 10, 21, 12);
export const at = (seconds: number): number => START + seconds * 1_000;

export interface Told {
  /** Seconds after `START`. */
  readonly at: number;
  readonly target: string;
  readonly document: NotificationDocument;
  readonly delivery: Delivery;
}

export interface DispatchRig {
  readonly platform: MemoryPlatform;
  readonly root: string;
  /** Puts alerts into the inbox, as `notify` does. */
  tell(alerts: readonly Alert[], passed?: boolean): Promise<void>;
  /** A run of the schedule at this second. What it wrote for receivers, as `summary` has it. */
  run(seconds: number): Promise<string[]>;
  /** Everything that was written so far, oldest first. */
  told(): Promise<readonly Told[]>;
  silence(id: string, from: number, to: number, ...matchers: Matcher[]): Promise<void>;
  acknowledge(alert: Alert, seconds: number): Promise<void>;
  /** The environment is gone: the next run is a cold start; perhaps with another notifications.yml, or none. */
  restart(yaml?: string | null): void;
  close(): Promise<void>;
}

export function dispatchRig(yaml: string): DispatchRig {
  const root = mkdtempSync(join(tmpdir(), 'millrace-dispatch-'));
  const file = join(root, 'notifications.yml');
  writeFileSync(file, yaml);
  const platform = memoryPlatform({ root });
  let scheduled: RunScheduled | null = null;
  let offset = 0n;
  const seen = new Set<string>();

  const told = async (): Promise<readonly Told[]> => {
    const all: Delivery[] = [];
    let cursor: string | null = null;
    do {
      const page = await platform.stores.deliveries.deliveries({}, { limit: 500, cursor });
      all.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    return all.reverse().map((delivery) => ({
      at: (delivery.createdAt - START) / 1_000,
      target: delivery.target,
      document: JSON.parse(delivery.notification) as NotificationDocument,
      delivery,
    }));
  };

  return {
    platform,
    root,
    told,
    async tell(alerts, passed = false) {
      await platform.stores.notifications.commit(
        0,
        alerts.map((alert) => ({
          id: alert.id,
          offset: offset++,
          time: alert.changedAt,
          told: { alert, passed },
        })),
      );
    },
    async run(seconds) {
      scheduled ??= (await create(platform)).scheduled!;
      await scheduled({ time: at(seconds) }, invocation());
      const fresh = (await told()).filter(({ delivery }) => !seen.has(delivery.id));
      for (const { delivery } of fresh) seen.add(delivery.id);
      return fresh.map(summary).sort();
    },
    async silence(id, from, to, ...matchers) {
      const given = { id, matchers, startsAt: at(from), endsAt: at(to), createdAt: at(from) };
      const silence = { ...given, author: 'ann', reason: 'works', expiredBy: null };
      await platform.stores.operations.act({ act: 'silence', silence });
    },
    async acknowledge({ fingerprint, startsAt }, seconds) {
      const acknowledgement = { fingerprint, startsAt, author: 'ann', comment: '', at: at(seconds) };
      await platform.stores.operations.act({ act: 'acknowledge', acknowledgement });
    },
    restart(next) {
      scheduled = null;
      if (next === null) rmSync(file, { force: true });
      else if (next !== undefined) writeFileSync(file, next);
    },
    async close() {
      await platform.stores.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** `ops new firing: dev-1 firing, dev-2 resolved` */
export function summary({ target, document: { status, reason, alerts } }: Told): string {
  const receiver = target.replace('/webhook/0', '');
  const texts = alerts.map(
    ({ labels, status, flapping }) => `${labels.deviceId} ${status}${flapping ? '~' : ''}`,
  );
  return `${receiver} ${reason} ${status}: ${texts.join(', ')}`;
}

export interface AlertOptions {
  readonly rule?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly severity?: string;
  readonly flapping?: boolean;
}

/** @param seconds when the instance began */
export function alert(
  deviceId: string,
  state: AlertState,
  seconds: number,
  options: AlertOptions = {},
): Alert {
  const { rule = 'TooWarm', labels = { site: 'north' }, severity = 'warning', flapping = false } = options;
  return {
    ...alertOf(rule, deviceId, state, at(seconds)),
    fingerprint: `${rule}-${deviceId}`,
    id: `${rule}-${deviceId}-${at(seconds)}-${state}`,
    labels,
    severity,
    flapping,
  };
}

export function is(name: string, value: string): Matcher {
  return { name, value, isRegex: false, isEqual: true };
}
