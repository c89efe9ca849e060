/**
 * The same load on Kafka: partitions, brokers and storage, with the arithmetic. Pure.
 *
 * Rules of thumb, each stated in the result: a partition takes 10 MB/s, a consumer is planned at 60 % of what was
 * measured, a broker of 2 vCPU and 8 GB has 117 MB/s of network and 125 MB/s of disk (gp3 without extras), of which 60 %
 * are used, and disks are filled to 70 %.
 */
import { amount } from './figures.js';
import { type Line, Meter, sum } from './meter.js';
import { type PriceFile, quotaOf } from './prices.js';
import { type Assumptions, GB, type LoadProfile, MB, secondsOf, TELEMETRY } from './profile.js';

const PARTITION_BYTES = 10 * MB;
const CONSUMER_UTILIZATION = 0.6;
const BROKER = { networkBytes: 117 * MB, diskBytes: 125 * MB, utilization: 0.6 } as const;
const DISK_UTILIZATION = 0.7;
const REPLICATION = 3;
/** A record's share of its batch: lengths, deltas, headers; Kafka's format v2, without compression. */
const RECORD_OVERHEAD = 20;

export interface Sized {
  readonly value: number;
  readonly arithmetic: string;
}

export interface KafkaSizing {
  readonly replication: number;
  readonly partitions: Sized;
  readonly brokers: Sized;
  /** GB over all brokers. */
  readonly storage: Sized;
  /** Records a second of one consumer of the slowest function. */
  readonly consumer: Sized;
  readonly serverless: { readonly lines: readonly Line[]; readonly cost: number; readonly tooMuch: boolean };
}

export function kafkaOf(profile: LoadProfile, assumptions: Assumptions, prices: PriceFile): KafkaSizing {
  const { eventsPerSecond, payloadBytes, settings } = profile;
  const record = payloadBytes.mean + assumptions.keyBytes + RECORD_OVERHEAD;
  const peakBytes = eventsPerSecond.peak * record;
  const stream = settings.streams.find(({ name }) => name === TELEMETRY);
  const readers = settings.functions.filter(({ streams }) =>
    streams.some((trigger) => trigger.stream === TELEMETRY),
  );
  const consumer = consumerOf(profile, assumptions, readers);
  const partitions = partitionsOf(peakBytes, eventsPerSecond.peak, consumer.value, stream?.partitions ?? 1);
  const storage = storageOf(eventsPerSecond.mean * record, stream?.retentionHours ?? 24);
  return {
    replication: REPLICATION,
    partitions,
    brokers: brokersOf(peakBytes, readers.length),
    storage,
    consumer,
    serverless: serverlessOf(profile, prices, {
      bytes: eventsPerSecond.mean * record,
      peakBytes,
      consumers: readers.length,
      partitions: partitions.value,
      storedGB: (storage.value * DISK_UTILIZATION) / REPLICATION,
    }),
  };
}

function consumerOf(
  { times }: LoadProfile,
  assumptions: Assumptions,
  readers: LoadProfile['settings']['functions'],
): Sized {
  const slowest = readers
    .map((fn) => {
      const { msPerInvocation, msPerRecord } = times[fn.name] ?? assumptions.times;
      const batch = fn.streams.find(({ stream }) => stream === TELEMETRY)!.batchSize;
      return { name: fn.name, ms: msPerRecord + msPerInvocation / batch };
    })
    .reduce((a, b) => (b.ms > a.ms ? b : a), { name: 'a function', ms: 1e-3 });
  const value = 1000 / slowest.ms;
  return {
    value,
    arithmetic: `${slowest.name}: 1 s / ${amount(slowest.ms)} ms a record = ${amount(value)}/s on one core`,
  };
}

function partitionsOf(peakBytes: number, peak: number, consumer: number, declared: number): Sized {
  const byBytes = Math.ceil(peakBytes / PARTITION_BYTES);
  const byConsumer = Math.ceil(peak / (consumer * CONSUMER_UTILIZATION));
  const value = Math.max(1, declared, byBytes, byConsumer);
  return {
    value,
    arithmetic: `the most of: declared ${declared}; ${amount(peakBytes / MB)} MB/s at the peak / 10 MB/s = ${byBytes}; ${amount(peak)} records/s / (${amount(consumer)}/s x 60 %) = ${byConsumer}`,
  };
}

/** Each byte is written on three brokers, sent to two of them by the leader, and read once by each function. */
function brokersOf(peakBytes: number, consumers: number): Sized {
  const network = peakBytes * Math.max(REPLICATION, REPLICATION - 1 + consumers);
  const disk = peakBytes * REPLICATION;
  const byNetwork = Math.ceil(network / (BROKER.networkBytes * BROKER.utilization));
  const byDisk = Math.ceil(disk / (BROKER.diskBytes * BROKER.utilization));
  return {
    value: Math.max(REPLICATION, byNetwork, byDisk),
    arithmetic: `the most of: 3 for replication 3; network ${amount(network / MB)} MB/s / (117 MB/s x 60 %) = ${byNetwork}; disk ${amount(disk / MB)} MB/s / (125 MB/s x 60 %) = ${byDisk}`,
  };
}

function storageOf(bytesPerSecond: number, retentionHours: number): Sized {
  const value = (bytesPerSecond * retentionHours * 3600 * REPLICATION) / DISK_UTILIZATION / GB;
  return {
    value,
    arithmetic: `${amount(bytesPerSecond / MB)} MB/s x ${retentionHours} h x replication 3 / 70 % full = ${amount(value)} GB`,
  };
}

function serverlessOf(
  profile: LoadProfile,
  prices: PriceFile,
  load: { bytes: number; peakBytes: number; consumers: number; partitions: number; storedGB: number },
): KafkaSizing['serverless'] {
  const meter = new Meter(prices, false);
  const hours = profile.hoursPerMonth;
  const inGB = (load.bytes * secondsOf(profile)) / GB;
  const { partitions, consumers, storedGB } = load;
  const lines = [
    meter.line('msk.clusterHour', hours, 'cluster', `1 cluster x ${hours} h`),
    meter.line(
      'msk.partitionHour',
      partitions * hours,
      'partitions',
      `${partitions} partitions x ${hours} h`,
    ),
    meter.line(
      'msk.inGB',
      inGB,
      'data in',
      `${amount(load.bytes / MB)} MB/s x ${amount(secondsOf(profile))} s`,
    ),
    meter.line('msk.outGB', inGB * consumers, 'data out', `${consumers} functions x ${amount(inGB)} GB`),
    meter.line('msk.storage', storedGB, 'storage', 'data in within retention, once'),
  ];
  const tooMuch = load.peakBytes / MB > quotaOf(prices, 'msk.in').limit;
  return { lines, cost: sum(lines), tooMuch };
}
