/** Any events, batches and deaths: the counts are those of a plain account, and what is told does not depend on deaths. */
import fc from 'fast-check';
import type { Alert } from '../../../stores/alerts.js';
import { type Death, FleetDrive } from './drive.js';

const RULES = `
- alert: Hot
  fleet: { by: [site], where: device.type == "reefer", count: event.t > 5 }
  expr: fleet.share > 0.5
  for: 10s
  keep_firing_for: 5s
  labels: { severity: a }
- alert: Silent
  fleet: { count: absent('60s') }
  expr: fleet.matching >= 2
  labels: { severity: a }
`;

const DEVICES = ['a-0', 'a-1', 'b-2', 'b-3'];

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      device: fc.constantFrom(...DEVICES),
      gap: fc.constantFrom(0, 0, 1, 3, 20),
      lag: fc.constantFrom(0, 0, 0, 2, 30),
      t: fc.constantFrom(1, 6, 6, undefined),
      site: fc.constantFrom(undefined, undefined, 'b', 'c'),
      type: fc.constantFrom('reefer', 'reefer', 'reefer', 'environment'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ tickAfter: fc.constantFrom(1, 5, 70) }) },
  { weight: 3, arbitrary: fc.record({ size: fc.integer({ min: 1, max: 6 }), which: fc.nat(2) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const death = fc.constantFrom<(Death | null)[]>(null, null, 'before-commit', 'after-commit', 'after-all');

/** Latest of a device, by event time. */
interface Known {
  readonly ts: number;
  readonly arrival: number;
  readonly site: string;
}

class Account {
  readonly #latest = new Map<string, Known>();
  readonly #types = new Map<string, string>();
  readonly #hot = new Map<string, boolean>();

  event(
    device: string,
    arrival: number,
    ts: number,
    body: { t?: number; site?: string },
    type: string,
  ): void {
    const before = this.#latest.get(device);
    this.#types.set(device, type);
    const isLate = before !== undefined && ts < before.ts;
    if (!isLate) this.#latest.set(device, { ts, arrival, site: body.site ?? device[0]! });
    if (type !== 'reefer') this.#hot.delete(device);
    else if (!isLate && body.t !== undefined) this.#hot.set(device, body.t > 5);
    else if (!this.#hot.has(device)) this.#hot.set(device, false);
  }

  hot(): Record<string, string> {
    const sums: Record<string, [number, number]> = {};
    for (const [device, hot] of this.#hot) {
      const group = `site=${this.#latest.get(device)!.site}`;
      sums[group] ??= [0, 0];
      sums[group][0] += hot ? 1 : 0;
      sums[group][1]++;
    }
    return Object.fromEntries(Object.entries(sums).map(([group, [some, all]]) => [group, `${some}/${all}`]));
  }

  silent(at: number): string {
    const silent = [...this.#latest.values()].filter(({ ts, arrival }) => {
      const clock = ts + Math.max(0, at - arrival);
      return clock - ts >= 60_000;
    });
    return `${silent.length}/${this.#latest.size}`;
  }
}

/** Returns the account, and when everything has long been quiet. */
async function play(drive: FleetDrive, steps: readonly Step[], deaths: readonly (Death | null)[]) {
  const account = new Account();
  const left = [...deaths];
  let at = 0;
  const batch = async (which: number, size: number) => {
    const [name, partition] = which === 2 ? (['fleet', 0] as const) : (['alert', which] as const);
    if (!drive.waiting(name, partition)) return;
    while (!(await drive.step(name, partition, size, left.pop() ?? null)));
  };
  for (const one of steps) {
    if ('device' in one) {
      at += one.gap;
      const { device, lag, t, site, type } = one;
      const values = { ...(t === undefined ? {} : { t }), ...(site === undefined ? {} : { site }) };
      const other = type === 'reefer' ? {} : { deviceType: type, temperature: 1, humidity: 1, battery: 4 };
      drive.send(at, device, { ...values, ...other }, lag);
      account.event(device, at * 1000, (at - lag) * 1000, values, type);
    } else if ('tickAfter' in one) {
      at += one.tickAfter;
      drive.enqueueTick(at);
    } else await batch(one.which, one.size);
  }
  at += 15;
  drive.enqueueTick(at);
  for (const which of [0, 1, 2]) await batch(which, 1_000);
  // `for` and `keep_firing_for` run out.
  drive.enqueueTick(at + 11);
  for (const which of [0, 1, 2]) await batch(which, 1_000);
  return { account, at: (at + 11) * 1000 };
}

function wanted(sums: Readonly<Record<string, string>>, isFiring: (some: number, all: number) => boolean) {
  return Object.entries(sums)
    .filter(([, sum]) => isFiring(...(sum.split('/').map(Number) as [number, number])))
    .map(([group]) => group)
    .sort();
}

function firing(told: readonly Alert[], rule: string): string[] {
  const last = new Map<string, Alert>();
  for (const alert of told) if (alert.rule === rule) last.set(alert.deviceId, alert);
  return [...last.values()]
    .filter(({ state }) => state === 'firing')
    .map(({ deviceId }) => deviceId)
    .sort();
}

function once(told: readonly Alert[]): Alert[] {
  const documents = [...new Set(told.map((alert) => JSON.stringify(alert)))];
  return documents.map((text) => JSON.parse(text) as Alert);
}

const withoutEmpty = (sums: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== '0/0'));

test('counts are right and alerts the same, whatever dies when', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 50 }),
      fc.array(death, { maxLength: 20 }),
      async (steps, deaths) => {
        const [straight, dying] = [new FleetDrive(RULES), new FleetDrive(RULES)];
        const { account, at } = await play(straight, steps, []);
        await play(dying, steps, deaths);
        for (const drive of [straight, dying]) {
          expect(withoutEmpty(drive.sums('Hot'))).toEqual(account.hot());
          if (drive.sums('Silent')[''] !== undefined)
            expect(drive.sums('Silent')).toEqual({ '': account.silent(at) });
          const hot = wanted(account.hot(), (some, all) => some / all > 0.5);
          expect(firing(drive.told, 'Hot')).toEqual(hot);
          const silent = wanted({ fleet: account.silent(at) }, (some) => some >= 2);
          expect(firing(drive.told, 'Silent')).toEqual(silent);
        }
        const told = once(dying.told);
        // An id is one document.
        expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
        expect(told).toEqual(once(straight.told));
        await straight.platform.stores.close();
        await dying.platform.stores.close();
      },
    ),
    { numRuns: 20 },
  );
}, 60_000);
