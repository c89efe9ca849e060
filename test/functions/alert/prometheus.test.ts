/**
 * The function against Prometheus' own life cycle, where the two mean the same: readings at regular times, each
 * followed by a tick. Environments die at any moment, batches are cut anywhere, and rules change in between.
 */
import fc from 'fast-check';
import { create } from '../../../functions/alert/handler.js';
import type { Process } from '../../../functions/contract.js';
import type { Alert } from '../../../stores/alerts.js';
import { type AlertProject, alertProject } from '../../support/alert-project.js';
import { batchOf, type TestRecord, tick } from '../../support/batches.js';
import { invocation, type MemoryPlatform, memoryPlatform, memoryStores } from '../../support/platform.js';
import { PrometheusRule } from './prometheus.js';

const T0 = Date.UTC(2024, 0, 1);
const INTERVAL = 10_000;

interface RuleText {
  readonly threshold: number;
  readonly intervalsFor: number;
  readonly isThere: boolean;
}

const act = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ act: fc.constant('sample' as const), temperature: fc.constantFrom(60, 75, 85) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('deliver' as const),
      crash: fc.constantFrom('no', 'no', 'commit', 'append', 'checkpoint'),
      back: fc.nat(4),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('restart' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('rule' as const),
      threshold: fc.constantFrom(70, 80),
      intervalsFor: fc.constantFrom(0, 1, 3),
      isThere: fc.constantFrom(true, true, true, false),
    }),
  },
);

/** Delivers records to environments that fail when they are told to. */
class Stream {
  readonly records: TestRecord[] = [];
  readonly #platform: MemoryPlatform;
  readonly #failing = { commit: false, append: false };
  #process: Process | undefined;
  #checkpoint = 0;
  /** Rules have changed here: a replay from before would be one by other rules. */
  #floor = 0;

  constructor({ root }: AlertProject) {
    const stores = memoryStores();
    const { alerts } = stores;
    const failing = this.#failing;
    const commit: typeof alerts.commit = (change) =>
      failing.commit ? Promise.reject(new Error('crash')) : alerts.commit(change);
    const platform = memoryPlatform({ root }, { ...stores, alerts: { ...alerts, commit } });
    this.#platform = {
      ...platform,
      append: (stream, records) =>
        failing.append ? Promise.reject(new Error('crash')) : platform.append(stream, records),
    };
  }

  async deliver(crash = 'no', back = 0): Promise<void> {
    if (this.#checkpoint === this.records.length) return;
    this.#process ??= (await create(this.#platform)).process!;
    this.#failing.commit = crash === 'commit';
    this.#failing.append = crash === 'append';
    const batch = batchOf(this.records, this.#checkpoint);
    const done = await this.#process(batch, invocation()).then(
      () => true,
      () => false,
    );
    this.#failing.commit = false;
    this.#failing.append = false;
    if (!done) this.restart();
    else if (crash === 'checkpoint') this.#checkpoint = Math.max(this.#floor, this.#checkpoint - back);
    else this.#checkpoint = this.records.length;
  }

  restart(): void {
    this.#process = undefined;
  }

  /** Everything is delivered before rules change. */
  async settle(): Promise<void> {
    while (this.#checkpoint < this.records.length) await this.deliver();
    this.#floor = this.#checkpoint;
    this.restart();
  }

  /** Each notification once. */
  notifications(): Alert[] {
    const byId = new Map<string, string>();
    for (const { value } of this.#platform.appended.alerts ?? []) {
      const text = Buffer.from(value).toString();
      const { id } = JSON.parse(text) as Alert;
      // Had it other contents, notify would have told half of the story.
      expect(byId.get(id) ?? text).toBe(text);
      byId.set(id, text);
    }
    return [...byId.values()].map((text) => JSON.parse(text) as Alert);
  }

  close(): Promise<void> {
    return this.#platform.stores.close();
  }
}

function rulesText({ threshold, intervalsFor, isThere }: RuleText, intervalsKept: number): string {
  const seconds = (intervals: number) => `${(intervals * INTERVAL) / 1_000}s`;
  const alert = `
- alert: ${isThere ? 'Hot' : 'Unrelated'}
  expr: event.temperature > ${isThere ? threshold : 1_000}
  for: ${seconds(intervalsFor)}
  no_data: never
  labels: { severity: a }
`;
  return intervalsKept === 0
    ? alert
    : alert.replace('  no_data', `  keep_firing_for: ${seconds(intervalsKept)}\n  no_data`);
}

test('fires and resolves when Prometheus would, whatever dies and whatever rules become', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(0, 1, 3), fc.array(act, { maxLength: 80 }), async (kept, acts) => {
      let rule: RuleText = { threshold: 80, intervalsFor: 1, isThere: true };
      const project = alertProject(rulesText(rule, kept));
      const stream = new Stream(project);
      const prometheus = new PrometheusRule(INTERVAL, kept * INTERVAL);
      let now = T0;
      let removed = false;
      const sample = (temperature: number) => {
        now += INTERVAL;
        const payload = { ts: now, temperature, humidity: 40, battery: 3.7 };
        stream.records.push({ arrivalTime: now, key: 'dev-1', payload }, tick(now));
        if (removed) prometheus.remove(now);
        removed = false;
        if (rule.isThere) prometheus.eval(now, temperature > rule.threshold);
      };
      for (const one of acts) {
        if (one.act === 'sample') sample(one.temperature);
        else if (one.act === 'deliver') await stream.deliver(one.crash, one.back);
        else if (one.act === 'restart') stream.restart();
        else {
          await stream.settle();
          // Back before any record came: it was never gone.
          removed = !one.isThere && (removed || rule.isThere);
          rule = one;
          prometheus.holdDuration = rule.intervalsFor * INTERVAL;
          project.write(rulesText(rule, kept));
        }
      }
      await stream.settle();
      const told = stream.notifications().map(({ state, startsAt, changedAt }) => {
        return { state, activeAt: startsAt, at: changedAt };
      });
      expect(told).toEqual(prometheus.notices);
      await stream.close();
    }),
    { numRuns: 60 },
  );
});
