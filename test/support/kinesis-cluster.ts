/**
 * A deployment of several processes for a test, on a Kinesis emulator, a PostgreSQL server and a Mosquitto of its own.
 */
import { type Emulator, type EmulatorName, startEmulator } from './kinesis.js';
import { type Mosquitto, startMosquitto } from './mosquitto.js';
import { type PostgresServer, query, startPostgres } from './postgres.js';
import { type Product, startProduct } from './product.js';

export interface KinesisCluster {
  readonly emulator: Emulator;
  readonly mqttUrl: string;
  /** Starts a process with these roles, comma-separated. */
  start(roles: string, env?: Readonly<Record<string, string>>): Promise<Product>;
  /** Who works on which partition of `function:stream`, as the leases have it; null: nobody. */
  owners(group: string): Promise<ReadonlyMap<number, string | null>>;
  /** Ends the services. The processes are ended by `startProduct`. */
  dispose(): Promise<void>;
}

/** In front of the streams' names. */
export const STREAM_PREFIX = 'e2e-';

/** Ends what it has started when it rejects. */
export async function startKinesisCluster(name: EmulatorName): Promise<KinesisCluster> {
  const started = await Promise.allSettled([
    startEmulator(name),
    startPostgres(''),
    startMosquitto({ persistence: true }),
  ] as const);
  const [emulator, postgres, mosquitto] = started.map((one) =>
    one.status === 'fulfilled' ? one.value : undefined,
  ) as [Emulator?, PostgresServer?, Mosquitto?];
  const dispose = async () => {
    await Promise.all([emulator?.dispose(), postgres?.dispose(), mosquitto?.close()]);
  };
  if (emulator === undefined || postgres === undefined || mosquitto === undefined) {
    await dispose();
    throw started.find((one): one is PromiseRejectedResult => one.status === 'rejected')!.reason;
  }
  const mqttUrl = `mqtt://127.0.0.1:${mosquitto.port}`;
  const env = {
    KAFKA_BROKERS: '',
    KINESIS_ENDPOINT: emulator.endpoint,
    KINESIS_STREAM_PREFIX: STREAM_PREFIX,
    // Emulators count nobody's reads.
    KINESIS_POLL_MS: '50',
    DATABASE_URL: postgres.url,
    MQTT_URL: mqttUrl,
  };
  return {
    emulator,
    mqttUrl,
    start: (roles, more = {}) =>
      startProduct({ env: { ...env, ...more }, args: ['--roles', roles], timeoutMs: 60_000 }),
    async owners(group) {
      const sql = 'SELECT partition, owner FROM lease WHERE consumer = $1';
      const rows = await query<{ partition: number; owner: string | null }>(postgres.url, sql, [group]);
      return new Map(rows.map(({ partition, owner }) => [partition, owner]));
    },
    dispose,
  };
}
