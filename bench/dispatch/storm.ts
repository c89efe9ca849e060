/** A storm of alerts through `dispatch` on SQLite: taken in, told, repeated and ended; with time and memory. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { InvocationContext, Platform } from '../../functions/contract.js';
import { create } from '../../functions/dispatch/handler.js';
import type { Alert, AlertState } from '../../stores/alerts.js';
import { openSqliteStores } from '../../stores/sqlite/stores.js';

export interface StormRate {
  readonly grouping: string;
  readonly groups: number;
  /** Milliseconds of the run that took them in; that told them; that took their ends in; that told those. */
  readonly takenIn: number;
  readonly told: number;
  readonly endsTakenIn: number;
  readonly endsTold: number;
  readonly deliveries: number;
  /** With a group per device: a silence over everything begins (all groups are gone through). */
  readonly silenced: number;
  /** Highest resident size above the one before (MiB). */
  readonly memory: number;
}

/** `group_by` of each storm. */
export const GROUPINGS: Readonly<Record<string, string>> = {
  'one group': '[alertname]',
  '3,000 groups': '[room]',
  'each by itself': "['...']",
};

const START = Date.UTC(2026, 10, 21);
const ROOMS = 3_000;

export async function measureStorm(grouping: string, alerts: number): Promise<StormRate> {
  const root = mkdtempSync(join(tmpdir(), 'millrace-storm-'));
  const data = join(root, 'data');
  mkdirSync(data);
  writeFileSync(
    join(root, 'notifications.yml'),
    `route: { receiver: ops, group_wait: 10s, group_interval: 1m, group_by: ${GROUPINGS[grouping]} }
receivers: [{ name: ops, webhooks: [{ url: 'http://127.0.0.1:1' }] }]
`,
  );
  const stores = openSqliteStores(data);
  try {
    const platform = { settings: { root }, stores, log: pino({ level: 'warn' }) } as unknown as Platform;
    const { scheduled } = await create(platform);
    const run = async (seconds: number): Promise<number> => {
      const from = performance.now();
      await scheduled!({ time: START + seconds * 1_000 }, CONTEXT);
      return Math.round(performance.now() - from);
    };
    await run(0);
    const before = process.memoryUsage().rss;
    let offset = 0n;
    const tell = async (state: AlertState): Promise<void> => {
      for (let from = 0; from < alerts; from += 1_000) {
        const sent = Array.from({ length: 1_000 }, (_, index) => alertOf(from + index, state));
        await stores.notifications.commit(
          0,
          sent.map((alert) => ({
            id: alert.id,
            offset: offset++,
            time: START,
            told: { alert, passed: false },
          })),
        );
      }
    };
    await tell('firing');
    const takenIn = await run(1);
    const told = await run(11);
    const { length: groups } = await allGroups(stores);
    await stores.operations.act({ act: 'silence', silence: SILENCE });
    const silenced = await run(21);
    await tell('resolved');
    const endsTakenIn = await run(80);
    const endsTold = await run(200);
    const counts = await stores.deliveries.counts();
    return {
      grouping,
      groups,
      takenIn,
      told,
      silenced,
      endsTakenIn,
      endsTold,
      deliveries: counts.reduce((sum, { count }) => sum + count, 0),
      memory: Math.round((process.resourceUsage().maxRSS * 1_024 - before) / 2 ** 20),
    };
  } finally {
    await stores.close();
    rmSync(root, { recursive: true, force: true });
  }
}

const CONTEXT: InvocationContext = { functionName: 'dispatch', requestId: '', remainingTimeMs: () => 60_000 };

const SILENCE = {
  id: 'storm',
  matchers: [{ name: 'alertname', value: 'TooWarm', isRegex: false, isEqual: true }],
  startsAt: START + 20_000,
  endsAt: START + 86_400_000,
  author: 'bench',
  reason: '',
  createdAt: START,
  expiredBy: null,
} as const;

async function allGroups({ dispatch }: Platform['stores']): Promise<unknown[]> {
  const groups: unknown[] = [];
  let cursor: string | null = null;
  do {
    const page = await dispatch.allGroups({ limit: 500, cursor });
    groups.push(...page.items.filter(({ key }) => key.startsWith('{')));
    cursor = page.next;
  } while (cursor !== null);
  return groups;
}

function alertOf(index: number, state: AlertState): Alert {
  const fingerprint = index.toString(16).padStart(16, '0');
  return {
    id: `${fingerprint}-${START}-${state}`,
    fingerprint,
    rule: 'TooWarm',
    ruleVersion: '0123abcd',
    severity: 'critical',
    state,
    reason: 'condition',
    deviceId: `device-${index}`,
    labels: { severity: 'critical', site: 'north', room: `room-${index % ROOMS}` },
    annotations: { summary: `device-${index} measures 85 °C; the limit is 80 °C` },
    value: 85,
    eventTime: START,
    startsAt: START,
    endsAt: state === 'resolved' ? START + 60_000 : null,
    changedAt: START,
    flapping: false,
    event: { ts: START, temperature: 85, humidity: 40, battery: 3.7 },
  };
}
