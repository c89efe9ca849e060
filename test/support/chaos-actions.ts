/**
 * What happens to a cluster under load, in an order drawn from a seed: each action once, and after each the cluster
 * must work through everything that was there when the action ended.
 */
import type { Accounting } from '../../functions/query/accounting.js';
import type { AlertSession } from './alert-session.js';
import type { Cluster } from './cluster.js';
import type { CrashFleet } from './crash-fleet.js';
import { poll } from './poll.js';
import type { Product } from './product.js';
import type { Random } from './random.js';
import { readerOf } from './reader.js';

export interface ChaosOptions {
  readonly cluster: Cluster;
  readonly random: Random;
  readonly workers: readonly Product[];
  readonly startWorker: () => Promise<Product>;
  readonly fleet: CrashFleet;
  readonly watcher: AlertSession;
  readonly api: Product;
}

export interface Chaos {
  run(): Promise<void>;
  /** Those that are alive. */
  readonly workers: readonly Product[];
  /** What was done when, and how long it took until all was worked through again. */
  readonly diary: readonly string[];
  /** What the books said whenever they did not balance. */
  readonly imbalances: readonly unknown[];
}

/** A worker that is not heard of for 10 s loses its partitions. */
const FROZEN_MS = 15_000;
/** What a worker says that has lost its partitions without giving them back. */
const LOST = 'was away for too long';
const RECOVER_MS = 90_000;
/** The load goes on for so long at least between actions. */
const LULL_MS = [2_000, 5_000] as const;

export function chaosOf(options: ChaosOptions): Chaos {
  const { cluster, random, startWorker, fleet, watcher, api } = options;
  const { kafka, postgres, mosquitto, mqttUrl } = cluster;
  const workers = [...options.workers];
  const diary: string[] = [];
  const imbalances: unknown[] = [];
  const began = performance.now();
  const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1);
  const note = (what: string) =>
    void diary.push(`  ${new Date().toISOString()}  ${seconds(began).padStart(6)} s  ${what}`);
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const anyWorker = () => workers[random.integer(0, workers.length - 1)]!;

  const books = async (): Promise<Accounting> => {
    const accounting: Accounting = await readerOf(api).json('/accounting');
    if (!accounting.balanced) imbalances.push({ at: seconds(began), what: accounting.imbalances });
    return accounting;
  };

  /** Until all functions have come past the ends that every partition has now. */
  const worked = async (what: string): Promise<void> => {
    const since = performance.now();
    const goal = await poll(books, { timeoutMs: RECOVER_MS, what: `the books after ${what}` });
    await poll(
      async () => {
        const { partitions } = await books();
        return partitions.every(({ positions, partition }) =>
          ['validate', 'aggregate'].every(
            (name) => BigInt(positions[name]!) > BigInt(goal.partitions[partition]!.end),
          ),
        );
      },
      { timeoutMs: RECOVER_MS, intervalMs: 200, what: `every partition going on after ${what}` },
    ).catch((error: unknown) => {
      const outputs = workers.map((worker) => `--- worker ${worker.pid}\n${worker.output()}`);
      throw new Error([...diary, ...outputs].join('\n'), { cause: error });
    });
    note(`all partitions go on ${seconds(since)} s after ${what}`);
  };

  const actions: Record<string, () => Promise<void>> = {
    async 'a worker was killed'() {
      const worker = anyWorker();
      workers.splice(workers.indexOf(worker), 1);
      await worker.kill9();
      note(`worker ${worker.pid} killed`);
    },
    async 'a worker was added'() {
      const losses = () => workers.map((worker) => worker.output().split(LOST).length);
      const before = losses();
      const worker = await startWorker();
      note(`worker ${worker.pid} added`);
      await worked('a worker joined');
      // What moves is given back in order, and nobody loses what stays.
      expect(losses()).toEqual(before);
      workers.push(worker);
    },
    async 'Kafka was restarted'() {
      const how = random.next() < 0.5 ? 'killed' : 'orderly';
      note(`Kafka stops (${how})`);
      await kafka.stop(how);
      await wait(random.integer(0, 3_000));
      await kafka.start();
      note('Kafka runs again');
    },
    async 'PostgreSQL was restarted'() {
      const crashes = random.next() < 0.5;
      note(`PostgreSQL stops (${crashes ? 'killed' : 'orderly'})`);
      await (crashes ? postgres.crash() : postgres.shutDown());
      await wait(random.integer(0, 3_000));
      await postgres.startAgain();
      note('PostgreSQL runs again');
    },
    async 'Mosquitto was restarted'() {
      note('Mosquitto stops');
      // Orderly: what it acknowledged and has not delivered is its own to keep.
      await mosquitto.stop();
      fleet.drop();
      watcher.drop();
      await mosquitto.start();
      await watcher.start(mqttUrl);
      await fleet.start(mqttUrl);
      note('Mosquitto runs again');
    },
    async 'a worker was frozen'() {
      const worker = anyWorker();
      process.kill(worker.pid, 'SIGSTOP');
      note(`worker ${worker.pid} frozen`);
      const since = performance.now();
      await worked('one of the workers was frozen');
      await wait(Math.max(0, FROZEN_MS - (performance.now() - since)));
      const already = worker.output().length;
      process.kill(worker.pid, 'SIGCONT');
      note(`worker ${worker.pid} goes on`);
      await poll(() => worker.output().slice(already).includes(LOST), {
        timeoutMs: RECOVER_MS,
        what: 'the frozen worker noticing that it has lost its partitions',
      });
      note(`worker ${worker.pid} has noticed that its partitions are others’`);
    },
  };

  return {
    workers,
    diary,
    imbalances,
    async run() {
      await worked('the start');
      for (const name of shuffled(Object.keys(actions), random)) {
        await wait(random.integer(...LULL_MS));
        await actions[name]!();
        await worked(name);
      }
    },
  };
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(random.integer(0, rest.length - 1), 1)[0]!);
}
