/** What flows through the streams, how many shards that takes, and what Kinesis asks for it. Pure. */
import { amount } from './figures.js';
import { type Line, type Meter, sum } from './meter.js';
import {
  ALERTS,
  type Assumptions,
  type Choices,
  GB,
  KB,
  type LoadProfile,
  MB,
  type StreamSettings,
  secondsOf,
  steps,
  TELEMETRY,
} from './profile.js';

/** An alert as a record, bytes: the document with the event that caused it. */
export const ALERT_BYTES = 1024;
/** A shard takes so much a second, and gives so much to all polling functions together. */
export const SHARD = { writeBytes: MB, writeRecords: 1000, readBytes: 2 * MB } as const;
const PUT_UNIT = 25 * KB;
/** On demand a new stream can take 4 MB/s, and then twice the highest rate it has seen. */
const ON_DEMAND_SHARDS = 4;
/** On-demand Advantage charges at least so much data in (of the account). */
const ADVANTAGE_BYTES = 25 * MB;

export interface StreamTraffic {
  readonly settings: StreamSettings;
  /** Records a second without ticks. */
  readonly mean: number;
  readonly peak: number;
  /** Ticks a second in each shard. */
  readonly ticks: number;
  /** Bytes of a record with its key. */
  readonly bytes: { readonly mean: number; readonly p95: number };
  /** Functions that read it. */
  readonly consumers: number;
  readonly shards: number;
  /** Why so many: `declared`, or the limit that asks for more. */
  readonly because: string;
}

export function trafficOf(
  profile: LoadProfile,
  assumptions: Assumptions,
  choices: Choices,
): readonly StreamTraffic[] {
  const { eventsPerSecond, payloadBytes, settings } = profile;
  const { keyBytes } = assumptions;
  const tick = settings.functions.find(({ name }) => name === 'tick');
  return settings.streams.map((stream) => {
    const consumers = settings.functions.flatMap(({ streams }) =>
      streams.filter((trigger) => trigger.stream === stream.name),
    ).length;
    const load =
      stream.name === TELEMETRY
        ? {
            ...eventsPerSecond,
            ticks: (tick?.runsPerMonth ?? 0) / secondsOf(profile),
            bytes: { mean: payloadBytes.mean + keyBytes, p95: payloadBytes.p95 + keyBytes },
          }
        : {
            mean: stream.name === ALERTS ? profile.alertsPerSecond : 0,
            peak:
              stream.name === ALERTS
                ? (profile.alertsPerSecond * eventsPerSecond.peak) / eventsPerSecond.mean
                : 0,
            ticks: 0,
            bytes: { mean: ALERT_BYTES, p95: ALERT_BYTES },
          };
    return {
      settings: stream,
      consumers,
      ...load,
      ...shardsFor(stream, load, consumers, assumptions, choices),
    };
  });
}

function shardsFor(
  stream: StreamSettings,
  { peak, bytes }: Pick<StreamTraffic, 'peak' | 'bytes'>,
  consumers: number,
  { shardUtilization }: Assumptions,
  { kinesis, enhancedFanOut }: Choices,
): Pick<StreamTraffic, 'shards' | 'because'> {
  const load = 0.95 * bytes.mean + 0.05 * Math.max(bytes.mean, bytes.p95);
  const perSecond = peak * load;
  const candidates: [shards: number, because: string][] = [
    [perSecond / SHARD.writeBytes, '1 MB/s a shard'],
    [peak / SHARD.writeRecords, '1,000 records/s a shard'],
  ];
  if (!enhancedFanOut) {
    candidates.push([
      (perSecond * consumers) / SHARD.readBytes,
      `2 MB/s a shard for ${consumers} polling functions`,
    ]);
  }
  const [most, because] = candidates.reduce((a, b) => (b[0] > a[0] ? b : a));
  if (kinesis === 'provisioned') {
    const needed = Math.ceil(most / shardUtilization);
    return needed > stream.partitions
      ? { shards: needed, because }
      : { shards: stream.partitions, because: 'declared' };
  }
  const needed = Math.ceil(2 * most);
  return needed > ON_DEMAND_SHARDS
    ? { shards: needed, because: `twice the peak at ${because}` }
    : { shards: ON_DEMAND_SHARDS, because: 'the least on demand' };
}

export function kinesisLines(
  traffic: readonly StreamTraffic[],
  profile: LoadProfile,
  choices: Choices,
  meter: Meter,
): Line[] {
  const lines = traffic.flatMap((stream) =>
    choices.kinesis === 'provisioned'
      ? provisioned(stream, profile, choices, meter)
      : onDemand(stream, profile, choices, meter),
  );
  return choices.kinesis === 'advantage' ? [...lines, ...leastOfAdvantage(lines, profile, meter)] : lines;
}

function provisioned(stream: StreamTraffic, profile: LoadProfile, choices: Choices, meter: Meter): Line[] {
  const { settings, shards, because, consumers, mean, ticks, bytes } = stream;
  const { name, retentionHours } = settings;
  const hours = profile.hoursPerMonth;
  const seconds = secondsOf(profile);
  const units = steps(bytes, 0, PUT_UNIT);
  const shardHours = shards * hours;
  const lines = [
    meter.line(
      'kinesis.shardHour',
      shardHours,
      `${name}: shards`,
      `${shards} shards (${because}) x ${hours} h`,
    ),
    meter.line(
      'kinesis.putUnit',
      (mean * units + ticks * shards) * seconds,
      `${name}: PUT units`,
      `(${amount(mean)} records/s x ${amount(units)} units + ${amount(ticks * shards)} ticks/s) x ${amount(seconds)} s`,
    ),
  ];
  if (retentionHours > 24) {
    const how = `${shards} shards x ${hours} h, kept ${retentionHours} h`;
    lines.push(meter.line('kinesis.extendedShardHour', shardHours, `${name}: retention beyond 24 h`, how));
  }
  if (choices.enhancedFanOut && consumers > 0) {
    lines.push(
      meter.line(
        'kinesis.fanOutShardHour',
        consumers * shardHours,
        `${name}: enhanced fan-out`,
        `${consumers} functions x ${shards} shards x ${hours} h`,
      ),
      meter.line(
        'kinesis.fanOutGB',
        (consumers * mean * bytes.mean * seconds) / GB,
        `${name}: fan-out retrievals`,
        `${consumers} functions x ${amount(mean)} records/s x ${amount(bytes.mean)} B x ${amount(seconds)} s`,
      ),
    );
  }
  return lines;
}

function onDemand(stream: StreamTraffic, profile: LoadProfile, choices: Choices, meter: Meter): Line[] {
  const { settings, shards, consumers, mean, ticks, bytes } = stream;
  const { name, retentionHours } = settings;
  const hours = profile.hoursPerMonth;
  const seconds = secondsOf(profile);
  const advantage = choices.kinesis === 'advantage';
  const rounded = steps(bytes, 0, KB);
  const inGB = ((mean * rounded + ticks * shards) * KB * seconds) / GB;
  const how = `(${amount(mean)} records/s x ${amount(rounded)} KB + ${amount(ticks * shards)} ticks/s x 1 KB) x ${amount(seconds)} s`;
  const lines = advantage
    ? []
    : [meter.line('kinesis.streamHour', hours, `${name}: stream`, `1 stream x ${hours} h`)];
  lines.push(meter.line(advantage ? 'kinesis.advantageInGB' : 'kinesis.inGB', inGB, `${name}: data in`, how));
  if (consumers > 0) {
    const fanOut = choices.enhancedFanOut && !advantage;
    const price = advantage
      ? 'kinesis.advantageOutGB'
      : fanOut
        ? 'kinesis.fanOutOnDemandGB'
        : 'kinesis.outGB';
    const out = `${consumers} functions x ${amount(inGB)} GB`;
    lines.push(meter.line(price, consumers * inGB, `${name}: data out`, out));
  }
  if (retentionHours > 24 && !advantage) {
    const kept = (inGB / hours) * (Math.min(retentionHours, 168) - 24);
    const text = `${amount(inGB)} GB / ${hours} h x ${Math.min(retentionHours, 168) - 24} h beyond 24 h`;
    lines.push(meter.line('kinesis.extendedGBMonth', kept, `${name}: retention beyond 24 h`, text));
  }
  return lines;
}

function leastOfAdvantage(lines: readonly Line[], profile: LoadProfile, meter: Meter): Line[] {
  const used = lines.filter(({ price }) => price === 'kinesis.advantageInGB');
  const least = (ADVANTAGE_BYTES * secondsOf(profile)) / GB;
  const missing = least - used.reduce((total, { quantity }) => total + quantity, 0);
  if (missing <= 0) return [];
  const how = `25 MB/s at least are ${amount(least)} GB; beyond what is used`;
  return [meter.line('kinesis.advantageInGB', missing, 'data in up to the least', how)];
}

/** Of the streams alone; what break-even is found by. */
export function kinesisCost(
  profile: LoadProfile,
  assumptions: Assumptions,
  choices: Choices,
  meter: Meter,
): number {
  return sum(kinesisLines(trafficOf(profile, assumptions, choices), profile, choices, meter));
}
