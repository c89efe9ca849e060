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
import { fixtureOf, reordered } from './fixture.js';
import { throughHandlers } from './handlers.js';
import { parityProject } from './project.js';
import { differences, isOfGroups, type NumberOf, type Remains } from './remains.js';

const SEED = Number(process.env.TEST_SEED ?? 20_260_615);
const EVENTS = Number(process.env.PARITY_EVENTS ?? 100_000);
const PARTITIONS = 4;
const MINUTES = 60_000;

const fixture = fixtureOf(SEED, EVENTS, PARTITIONS);
const config = parityProject();
let postgres: PostgresServer | undefined;
let embedded: Remains;

const schema = async (): Promise<StoresConfig> => {
  postgres ??= await startPostgres();
  return { kind: 'postgres', url: await emptySchema(postgres.url) };
};

const LOG = { maxBytes: 4 * 2 ** 30, hardLimitBytes: 16 * 2 ** 30, segmentBytes: 64 * 2 ** 20 };

const throughEmbedded = (of = fixture, numberOf: NumberOf = (_, offset) => offset) => {
  const directory = temporaryDirectory();
  return deployed({
    engine: createEmbeddedEngine({
      directory,
      settings: { telemetry: LOG, alerts: LOG, fleet: LOG },
      checkpoints: openCheckpointFile(join(directory, 'checkpoints')),
      groupsOf: () => [],
      onRecovery: () => undefined,
      log: pino({ level: 'silent' }),
    }),
    nameOf: (stream) => stream,
    stores: { kind: 'sqlite', directory: temporaryDirectory() },
    config,
    fixture: of,
    numberOf,
    layout: { batchSize: 1_000, batchWindowMs: 0 },
  });
};

beforeAll(async () => {
  console.info(`parity: TEST_SEED=${SEED} PARITY_EVENTS=${EVENTS}, ${fixture.records.length} records`);
  embedded = await throughEmbedded();
}, 10 * MINUTES);
afterAll(() => postgres?.dispose(), MINUTES);

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
  for (const name of [
    'windows',
    'rollups of 1d',
    'alerts stream',
    'notifications',
    'what rules remember of devices',
    'windows of groups',
    'rollups of groups of 1d',
    'counts of groups',
  ])
    expect(counts[name]).toBeGreaterThan(0);
  for (const definition of ['spread', 'trips'])
    expect(embedded.windows!.join('\n')).toContain(`"definition":"${definition}"`);
  const groups = ['air-handler', 'environment', 'meter', 'room', 'weather'].map((type) => `type=${type}`);
  expect(embedded['alerts of groups']!.map((line) => JSON.parse(line))).toEqual(
    groups.map((deviceId) => ({ deviceId, rule: 'FleetSilent', state: 'firing' })),
  );
  const told = embedded['alerts stream']!.join('\n');
  for (const rule of [
    'HighTemperature',
    'LowBattery',
    'Undervoltage',
    'StuffyRoom',
    'HeatAdvisory',
    'FilterClogged',
    'HotOnAverage',
    'OftenStuffy',
    'MeterSilent',
    'NothingOnDew',
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
      const names = new Map(['telemetry', 'alerts', 'fleet'].map((stream) => [stream, uniqueName(stream)]));
      const remains = await deployed({
        engine: await openEngine(broker, { sessionTimeoutMs: 30_000, requestTimeoutMs: 30_000 }),
        nameOf: (stream) => names.get(stream)!,
        stores: await schema(),
        config,
        fixture,
        layout: { batchSize: 10_000, batchWindowMs: 200 },
      });
      expect(differences(embedded, remains)).toEqual([]);
    },
    10 * MINUTES,
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
      const { remains, order } = await throughHandlers({
        endpoint: emulator.endpoint,
        stores: await schema(),
        config,
        fixture,
        seed: SEED,
      });
      // Of single devices whatever the order between them is; Kinesis has one of its own.
      expect(differences(embedded, remains, { except: isOfGroups })).toEqual([]);
      const asThere = await throughEmbedded(
        reordered(fixture, order),
        (partition, offset) => order[partition]![Number(offset)]!,
      );
      expect(differences(asThere, remains)).toEqual([]);
    },
    20 * MINUTES,
  );
});
