/**
 * A deployment of several processes for a test: a Kafka broker, a PostgreSQL server and a Mosquitto of its own, and
 * the processes that share them.
 */
import { type KafkaBroker, startKafka } from './kafka.js';
import { type Mosquitto, startMosquitto } from './mosquitto.js';
import { type PostgresServer, startPostgres } from './postgres.js';
import { type Product, startProduct } from './product.js';

export interface Cluster {
  readonly kafka: KafkaBroker;
  readonly postgres: PostgresServer;
  readonly mosquitto: Mosquitto;
  readonly mqttUrl: string;
  /** What a process is told about the three. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts a process with these roles, comma-separated; further arguments go to `millrace start`. */
  start(roles: string, args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Product>;
  /** Ends the services. The processes are ended by `startProduct`. */
  dispose(): Promise<void>;
}

/** Ends what it has started when it rejects. */
export async function startCluster(): Promise<Cluster> {
  const started = await Promise.allSettled([
    startKafka(''),
    startPostgres(''),
    startMosquitto({ persistence: true }),
  ] as const);
  const [kafka, postgres, mosquitto] = started.map((one) =>
    one.status === 'fulfilled' ? one.value : undefined,
  ) as [KafkaBroker?, PostgresServer?, Mosquitto?];
  const dispose = async () => {
    await Promise.all([kafka?.dispose(), postgres?.dispose(), mosquitto?.close()]);
  };
  if (kafka === undefined || postgres === undefined || mosquitto === undefined) {
    await dispose();
    throw started.find((one): one is PromiseRejectedResult => one.status === 'rejected')!.reason;
  }
  const mqttUrl = `mqtt://127.0.0.1:${mosquitto.port}`;
  const env = { KAFKA_BROKERS: kafka.brokers.join(','), DATABASE_URL: postgres.url, MQTT_URL: mqttUrl };
  return {
    kafka,
    postgres,
    mosquitto,
    mqttUrl,
    env,
    start: (roles, args = [], more = {}) =>
      startProduct({ env: { ...env, ...more }, args: ['--roles', roles, ...args], timeoutMs: 60_000 }),
    dispose,
  };
}
