/**
 * One fixture, three ways to run Millrace, the same bytes out: the embedded log with SQLite, Kafka with PostgreSQL, and
 * Kinesis with functions entered by their Lambda handlers. Batches are cut differently on each.
 */
import { join } from 'node:path';
import pino from 'pino';
import type { StoresConfig } from '../../../stores/open.js';
import { openCheckpointFile } from '../../../streams/embedded/checkpoint-file.js';
import { createEmbeddedEngine } from '../../../streams/embedded/engine.js';
import { type KafkaBroker, kafkaCanRun, startKafka } from '../../support/kafka.js';
import { openEngine, uniqueName } from '../../support/kafka-streams.js';
import { type Emulator, emulatorCanRun, startEmulator } from '../../support/kinesis.js';
import { emptySchema, type PostgresServer, postgresIsThere, startPostgres } from '../../support/postgres.js';
import { temporaryDirectory } from '../../support/product.js';
import { requireService } from '../../support/services.js';
import { deployed } from './deployed.js';
import { fixtureOf } from './fixture.js';
import { throughHandlers } from './handlers.js';
import { differences, type Remains } from './remains.js';

const SEED = Number(process.env.TEST_SEED ?? 20_260_615);
const EVENTS = Number(process.env.PARITY_EVENTS ?? 100_000);
const PARTITIONS = 4;
const MINUTES = 60_000;

const fixture = fixtureOf(SEED, EVENTS, PARTITIONS);
let postgres: PostgresServer | undefined;
let embedded: Remains;

const schema = async (): Promise<StoresConfig> => {
  postgres ??= await startPostgres();
  return { kind: 'postgres', url: await emptySchema(postgres.url) };
};

beforeAll(async () => {
  console.info(`parity: TEST_SEED=${SEED} PARITY_EVENTS=${EVENTS}, ${fixture.records.length} records`);
  const directory = temporaryDirectory();
  embedded = await deployed({
    engine: createEmbeddedEngine({
      directory,
      settings: { telemetry: LOG, alerts: LOG },
      checkpoints: openCheckpointFile(join(directory, 'checkpoints')),
      groupsOf: () => [],
      onRecovery: () => undefined,
      log: pino({ level: 'silent' }),
    }),
    streamNames: { telemetry: 'telemetry', alerts: 'alerts' },
    stores: { kind: 'sqlite', directory: temporaryDirectory() },
    fixture,
    layout: { batchSize: 1_000, batchWindowMs: 0 },
  });
}, 5 * MINUTES);
afterAll(() => postgres?.dispose(), MINUTES);

const LOG = { maxBytes: 4 * 2 ** 30, hardLimitBytes: 16 * 2 ** 30, segmentBytes: 64 * 2 ** 20 };

test('the embedded deployment finishes the fixture, and every kind of outcome is in it', () => {
  const counts = Object.fromEntries(Object.entries(embedded).map(([name, rows]) => [name, rows.length]));
  console.info('parity:', counts);
  const sum = (name: string, columns: readonly string[]) =>
    embedded[name]!.map((line) => JSON.parse(line) as Record<string, number>).reduce(
      (total, row) => total + columns.reduce((of, column) => of + row[column]!, 0),
      0,
    );
  const ticks = fixture.ticks * PARTITIONS;
  const aggregated = 'aggregated, by partition';
  expect(sum(aggregated, ['aggregated', 'late', 'duplicate', 'refused'])).toBe(EVENTS);
  expect(sum('validated, by partition', ['valid', 'quarantined'])).toBe(EVENTS);
  expect(sum(aggregated, ['ticks'])).toBe(ticks);
  for (const column of ['late', 'duplicate', 'refused'])
    expect(sum(aggregated, [column])).toBeGreaterThan(EVENTS / 100);
  for (const name of ['windows', 'rollups of 1d', 'alerts stream', 'notifications'])
    expect(counts[name]).toBeGreaterThan(0);
  const told = embedded['alerts stream']!.join('\n');
  for (const rule of [
    'HighTemperature',
    'LowBattery',
    'Undervoltage',
    'StuffyRoom',
    'HeatAdvisory',
    'FilterClogged',
  ])
    expect(told).toContain(rule);
  // Over before the current one began.
  expect(told).toContain('"headers":{"passed":"1"}');
});

const describeKafka = await requireService('Kafka and PostgreSQL', async () => {
  await kafkaCanRun();
  return postgresIsThere();
});
describeKafka('Kafka with PostgreSQL', () => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await startKafka();
  }, 3 * MINUTES);
  afterAll(() => broker?.dispose(), MINUTES);

  test(
    'leaves the same bytes',
    async () => {
      const remains = await deployed({
        engine: await openEngine(broker, { sessionTimeoutMs: 30_000, requestTimeoutMs: 30_000 }),
        streamNames: { telemetry: uniqueName('telemetry'), alerts: uniqueName('alerts') },
        stores: await schema(),
        fixture,
        layout: { batchSize: 10_000, batchWindowMs: 200 },
      });
      expect(differences(embedded, remains)).toEqual([]);
    },
    5 * MINUTES,
  );
});

const describeKinesis = await requireService('kinesalite and PostgreSQL', async () => {
  await emulatorCanRun('kinesalite');
  return postgresIsThere();
});
describeKinesis('Kinesis with Lambda handlers', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator('kinesalite');
  }, 3 * MINUTES);
  afterAll(() => emulator?.dispose(), MINUTES);

  test(
    'leaves the same bytes, batches that come again included',
    async () => {
      const remains = await throughHandlers({
        endpoint: emulator.endpoint,
        stores: await schema(),
        fixture,
        seed: SEED,
      });
      expect(differences(embedded, remains)).toEqual([]);
    },
    5 * MINUTES,
  );
});
