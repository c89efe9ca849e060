/** A real Kafka broker for tests: the one at `KAFKA_BROKERS`, or one of their own that they may stop and start. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from './project-root.js';

export interface KafkaBroker {
  readonly brokers: readonly string[];
  /** Wants `saslUser` and `saslPassword`; absent for a broker that was there already. */
  readonly saslBrokers?: readonly string[];
  /** Speak TLS; `ca` is the text that vouches for them. */
  readonly tls?: { readonly brokers: readonly string[]; readonly ca: string };
  /** Whether `stop` and `start` do anything. */
  readonly isOwn: boolean;
  stop(how?: 'orderly' | 'killed'): Promise<void>;
  /** Starts it again on what it has stored, at the same addresses. */
  start(): Promise<void>;
  /** Ends it and removes what it has stored. */
  dispose(): Promise<void>;
}

export const KAFKA_USER = { username: 'millrace', password: 'millrace-secret' } as const;

const script = join(projectRoot, 'test', 'services', 'kafka.mjs');
const run = promisify(execFile);

/** For `requireService`: rejects with a sentence when there can be no broker here. */
export async function kafkaCanRun(): Promise<void> {
  if (!process.env.KAFKA_BROKERS) await run(process.execPath, [script, 'check']);
}

/** @param given brokers that are there; empty: one of its own in any case */
export async function startKafka(given = process.env.KAFKA_BROKERS): Promise<KafkaBroker> {
  if (given) {
    const nothing = async () => undefined;
    return { brokers: given.split(','), isOwn: false, stop: nothing, start: nothing, dispose: nothing };
  }
  const directory = await mkdtemp(join(tmpdir(), 'millrace-kafka-'));
  const start = async () => {
    const { stdout } = await run(process.execPath, [script, 'start', directory]);
    return JSON.parse(stdout) as { brokers: string; saslBrokers: string; tlsBrokers?: string; ca?: string };
  };
  const stop = async (how = 'orderly') => {
    await run(process.execPath, [script, 'stop', directory, ...(how === 'killed' ? ['--kill'] : [])]);
  };
  const dispose = async () => {
    await stop('killed');
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const { brokers, saslBrokers, tlsBrokers, ca } = await start();
    return {
      brokers: [brokers],
      saslBrokers: [saslBrokers],
      ...(tlsBrokers && ca ? { tls: { brokers: [tlsBrokers], ca: await readFile(ca, 'utf8') } } : {}),
      isOwn: true,
      stop,
      start: async () => void (await start()),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
