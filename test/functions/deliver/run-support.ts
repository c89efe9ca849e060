/** Runs of `deliver` over stores in memory, with a clock that a test sets. */
import { pino } from 'pino';
import { CLOSED } from '../../../functions/deliver/core.js';
import { type RunDeps, run } from '../../../functions/deliver/run.js';
import { openSender } from '../../../functions/deliver/senders/open.js';
import type { Target } from '../../../functions/dispatch/config/types.js';
import type { Delivery, DeliveryState, TargetState } from '../../../stores/notifications.js';
import type { Stores } from '../../../stores/stores.js';
import { memoryStores } from '../../support/platform.js';

export interface Bench {
  readonly stores: Stores;
  readonly logged: string[];
  /** How far the clock is ahead of the system's, ms. */
  ahead: number;
  run(change?: Partial<RunDeps>): Promise<void>;
  /** Ids of a state, oldest first. */
  ids(state: DeliveryState, target?: string): Promise<string[]>;
  delivery(id: string): Promise<Delivery>;
  breaker(target?: string): Promise<TargetState>;
}

const FIRST = 'ops/webhook/0';
const opened = new Set<Stores>();
afterEach(async () => {
  for (const stores of opened) await stores.close();
  opened.clear();
});

export function benchOf(...targets: readonly Target[]): Bench {
  const stores = memoryStores();
  opened.add(stores);
  const logged: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const all = async () => (await stores.deliveries.deliveries({}, { limit: 10_000, cursor: null })).items;
  const bench: Bench = {
    stores,
    logged,
    ahead: 0,
    async run(change = {}) {
      await run({
        store: stores.deliveries,
        send: openSender(),
        sizes: new Map(),
        log,
        now: () => Date.now() + bench.ahead,
        target: (id) => targets.find((target) => target.id === id) ?? null,
        timeoutMs: ({ timeoutMs }) => timeoutMs,
        hasTime: () => true,
        ...change,
      });
    },
    async ids(state, target) {
      const ofState = (await all()).filter((one) => one.state === state);
      const ofTarget = ofState.filter((one) => target === undefined || one.target === target);
      return ofTarget.map(({ id }) => id).reverse();
    },
    async delivery(id) {
      const found = (await all()).find((one) => one.id === id);
      if (found === undefined) throw new Error(`no delivery ${id}`);
      return found;
    },
    async breaker(target = FIRST) {
      const states = await stores.deliveries.targets();
      return states.find((state) => state.target === target) ?? { target, ...CLOSED };
    },
  };
  return bench;
}
