/**
 * Random lives of alerts, silences, acknowledgements, changes of the file, and runs that die before or after any of
 * their commits. Whatever happens: nothing is lost, an id never means two things, whoever was told that an alert fires is
 * told its end, and nobody is told what is silenced or acknowledged.
 */
import fc from 'fast-check';
import type { NotifiedAlert } from '../../../functions/dispatch/document.js';
import type { Alert, AlertState } from '../../../stores/alerts.js';
import type { DispatchCommit } from '../../../stores/notifications.js';
import { alert, type DispatchRig, dispatchRig, is, START, type Told } from '../../support/dispatch.js';

const hook = (name: string) => `  - { name: ${name}, webhooks: [{ url: 'http://127.0.0.1:1' }] }`;
const RECEIVERS = `receivers:\n${['ops', 'oncall', 'boss'].map(hook).join('\n')}`;
const FILES = [
  `
route:
  receiver: ops
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 1h
  escalation: [{ after: 5m, receiver: oncall }, { after: 15m, receiver: boss }]
${RECEIVERS}`,
  `
route:
  receiver: ops
  group_by: [site]
  group_wait: 0s
  group_interval: 30s
  repeat_interval: 20m
  routes:
    - { matchers: [site="north"], receiver: oncall, continue: true, group_by: ['...'] }
    - { matchers: ['deviceId=~"d[13]"'], receiver: boss }
${RECEIVERS}`,
];
const SITES = ['north', 'south'];
const siteOf = (device: number) => SITES[device % 2]!;

type Op =
  | { readonly op: 'change'; readonly device: number; readonly to: AlertState; readonly flapping: boolean }
  | { readonly op: 'pass'; readonly device: number }
  | {
      readonly op: 'silence';
      readonly by: 'deviceId' | 'site';
      readonly device: number;
      readonly seconds: number;
    }
  | { readonly op: 'acknowledge'; readonly device: number }
  | { readonly op: 'file'; readonly file: number }
  | { readonly op: 'run'; readonly seconds: number; readonly crash: Crash };

/** The run dies at its `at`th commit, before or after it took effect. */
type Crash = { readonly at: number; readonly when: 'before' | 'after' } | null;

const device = fc.integer({ min: 1, max: 4 });
const crash: fc.Arbitrary<Crash> = fc.option(
  fc.record({
    at: fc.integer({ min: 0, max: 3 }),
    when: fc.constantFrom('before' as const, 'after' as const),
  }),
  { freq: 4 },
);
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('change' as const),
      device,
      to: fc.constantFrom<AlertState>('firing', 'firing', 'resolved', 'resolved', 'nodata'),
      flapping: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('pass' as const), device }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('silence' as const),
      by: fc.constantFrom('deviceId' as const, 'site' as const),
      device,
      seconds: fc.integer({ min: 1, max: 3_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('acknowledge' as const), device }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('file' as const), file: fc.integer({ min: 0, max: 1 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('run' as const),
      seconds: fc.integer({ min: 0, max: 1_500 }),
      crash,
    }),
  },
);

interface Silenced {
  readonly by: 'deviceId' | 'site';
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

/** What really happened, to hold the notifications against. */
class World {
  readonly rig: DispatchRig;
  readonly silences: Silenced[] = [];
  readonly acknowledged: { readonly instance: string; readonly at: number }[] = [];
  /** Every instance that was told. */
  readonly instances = new Map<string, Alert>();
  readonly contents = new Map<string, string>();
  readonly current = new Map<number, Alert>();
  now = 0;
  /** No two instances of a device begin at a time. */
  #started = 0;
  #flapping: boolean;
  #crash: Crash = null;
  #commits = 0;

  constructor(flapping: boolean) {
    this.#flapping = flapping;
    this.rig = dispatchRig(FILES[0]!);
    const { dispatch } = this.rig.platform.stores;
    const commit = dispatch.commit.bind(dispatch);
    Object.assign(dispatch, {
      commit: async (change: DispatchCommit) => {
        for (const { id, notification } of change.deliveries) {
          expect(this.contents.get(id) ?? notification).toBe(notification);
          this.contents.set(id, notification);
        }
        const dies = this.#crash !== null && this.#commits++ === this.#crash.at;
        if (dies && this.#crash!.when === 'before') throw new Error('killed');
        await commit(change);
        if (dies) throw new Error('killed');
      },
    });
  }

  async apply(op: Op): Promise<void> {
    switch (op.op) {
      case 'change':
        return this.change(op.device, op.to, op.flapping && this.#flapping);
      case 'pass': {
        const past = this.#alert(op.device, 'firing', --this.#started - 1_000, false);
        this.instances.set(instanceOf(past), past);
        await this.rig.tell([past], true);
        return this.rig.tell([this.#alert(op.device, 'resolved', this.#started - 1_000, false)], true);
      }
      case 'silence': {
        // Not in the second of a run that is over.
        this.now++;
        const value = op.by === 'site' ? siteOf(op.device) : `d${op.device}`;
        this.silences.push({ by: op.by, value, from: this.now, to: this.now + op.seconds });
        return this.rig.silence(
          `s${this.silences.length}`,
          this.now,
          this.now + op.seconds,
          is(op.by, value),
        );
      }
      case 'acknowledge': {
        const current = this.current.get(op.device);
        if (current === undefined) return;
        this.acknowledged.push({ instance: instanceOf(current), at: this.now });
        return this.rig.acknowledge(current, this.now);
      }
      case 'file':
        return this.rig.restart(FILES[op.file]);
      case 'run':
        return this.run(op.seconds, op.crash);
    }
  }

  async change(device: number, to: AlertState, flapping: boolean): Promise<void> {
    const current = this.current.get(device);
    if (to === 'firing') {
      if (current?.state === 'firing') return;
      const next = this.#alert(device, 'firing', this.now + ++this.#started / 1_000, flapping);
      this.current.set(device, next);
      this.instances.set(instanceOf(next), next);
      return this.rig.tell([next]);
    }
    if (current === undefined || (to === 'nodata' && current.state === 'nodata')) return;
    const seconds = (current.startsAt - START) / 1_000;
    const next = this.#alert(device, to, seconds, current.flapping);
    if (to === 'resolved') this.current.delete(device);
    else this.current.set(device, next);
    return this.rig.tell([next]);
  }

  async run(seconds: number, crash: Crash): Promise<void> {
    this.now += seconds;
    this.#crash = crash;
    this.#commits = 0;
    try {
      await this.rig.run(this.now);
    } catch (error) {
      expect(error).toMatchObject({ message: 'killed' });
      this.rig.restart();
    }
    this.#crash = null;
  }

  /** Everything ends, and there is time for it to be told. */
  async finish(): Promise<void> {
    for (const device of [...this.current.keys()]) await this.change(device, 'resolved', false);
    this.now += 5_000;
    for (let times = 0; times < 8; times++) await this.run(1_000, null);
  }

  isSilenced(labels: Readonly<Record<string, string>>, at: number): boolean {
    return this.silences.some(({ by, value, from, to }) => labels[by] === value && from <= at && at < to);
  }

  #alert(device: number, state: AlertState, seconds: number, flapping: boolean): Alert {
    return alert(`d${device}`, state, seconds, { labels: { site: siteOf(device) }, flapping });
  }
}

const instanceOf = ({ fingerprint, startsAt }: Pick<NotifiedAlert, 'fingerprint' | 'startsAt'>) =>
  `${fingerprint} ${startsAt}`;

function check(world: World, told: readonly Told[], flapping: boolean): void {
  const last = new Map<string, string>();
  const seen = new Set<string>();
  const escalated = new Set<string>();
  for (const { at, target, document } of told) {
    for (const one of document.alerts) {
      const instance = instanceOf(one);
      seen.add(instance);
      last.set(
        JSON.stringify([target, document.groupKey, flapping ? one.fingerprint : instance]),
        one.status,
      );
      if (one.status !== 'resolved') expect(world.isSilenced(one.labels, at)).toBe(false);
      if (document.reason === 'repeat' || document.reason === 'escalation') {
        const isTaken = world.acknowledged.some((taken) => taken.instance === instance && taken.at < at);
        expect(isTaken).toBe(false);
      }
      if (document.reason === 'escalation') {
        expect(escalated.has(`${target} ${instance}`)).toBe(false);
        escalated.add(`${target} ${instance}`);
      }
    }
  }
  // Whoever was told that it fires was told its end, in the same group.
  expect([...last].filter(([, status]) => status !== 'resolved')).toEqual([]);
  if (flapping) return;
  const lost = [...world.instances.values()].filter(
    (alert) =>
      !seen.has(instanceOf(alert)) &&
      !world.silences.some(({ by, value }) => (by === 'site' ? alert.labels.site : alert.deviceId) === value),
  );
  expect(lost).toEqual([]);
}

test.each([false, true])('whatever happens and wherever runs die (flapping: %s)', async (flapping) => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 1, maxLength: 30 }), async (ops) => {
      const world = new World(flapping);
      try {
        for (const one of ops) await world.apply(one);
        await world.finish();
        check(world, await world.rig.told(), flapping);
        const { items } = await world.rig.platform.stores.dispatch.allGroups({ limit: 10, cursor: null });
        expect(items.map(({ key }) => key)).toEqual(['~dispatch']);
      } finally {
        await world.rig.close();
      }
    }),
    { numRuns: 100 },
  );
});
