/** Where a load meets a quota of AWS, and what to do about it. Pure. */
import type { Charges, Pricing } from './charges.js';
import { amount, seconds } from './figures.js';
import { type Quota, quotaOf } from './prices.js';
import { type LoadProfile, MB, secondsOf, TELEMETRY } from './profile.js';

export interface QuotaUse {
  readonly quota: Quota;
  readonly used: number;
  readonly exceeded: boolean;
  readonly hint: string;
}

export interface Warning {
  readonly what: string;
  readonly hint: string;
}

/** At the peak rate. */
export function quotaUses(profile: LoadProfile, { prices, choices }: Pricing, charges: Charges): QuotaUse[] {
  const { devices, connections, eventsPerSecond, apiRequestsPerSecond } = profile;
  const { peak, mean } = eventsPerSecond;
  const shards = charges.traffic.reduce((sum, stream) => sum + stream.shards, 0);
  const telemetry = charges.traffic.find(({ settings }) => settings.name === TELEMETRY);
  const most = charges.functions.reduce((sum, fn) => sum + fn.mostConcurrency, 0);
  const writers = charges.functions.map(({ writeUnits }) => writeUnits / secondsOf(profile));
  const writes = (Math.max(0, ...writers) * peak) / mean;
  const use = (id: string, used: number, hint: string): QuotaUse => {
    const quota = quotaOf(prices, id);
    return { quota, used, exceeded: used > quota.limit, hint };
  };
  const uses = [
    use(
      'iot.publish',
      peak,
      'Ask AWS for more, send several readings in one message, or use several accounts.',
    ),
    use('iot.rules', peak, 'Ask AWS for more; each event is one evaluation, also with Basic Ingest.'),
    use('iot.connections', connections, 'Ask AWS for more, or spread the fleet over accounts or regions.'),
    use('iot.perConnection', peak / Math.max(1, devices), 'Let gateways use several connections.'),
    use(
      'lambda.concurrency',
      most,
      'Ask AWS for more, or take fewer shards or a smaller parallelizationFactor.',
    ),
    use(
      'dynamodb.tableWrite',
      writes,
      'Ask AWS for more, or take longer batch windows, so that devices share writes.',
    ),
    use('httpApi.requests', apiRequestsPerSecond, 'Ask AWS for more, or put a cache in front.'),
  ];
  return choices.kinesis === 'provisioned'
    ? [...uses, use('kinesis.shards', shards, 'Ask AWS for more, or send several readings in one record.')]
    : [
        ...uses,
        use(
          'kinesis.onDemandWrite',
          ((telemetry?.peak ?? 0) * (telemetry?.bytes.mean ?? 0)) / MB,
          'Use several streams, by device id.',
        ),
      ];
}

/** What is no quota, but a step or a limit that this load passes. */
export function warningsOf(profile: LoadProfile, { prices }: Pricing, charges: Charges): Warning[] {
  const warnings: Warning[] = [];
  for (const { settings, shards, because } of charges.traffic) {
    if (shards <= settings.partitions || because === 'the least on demand') continue;
    warnings.push({
      what: `stream ${settings.name} needs ${amount(shards)} shards (${because}); serverless.yml has ${settings.partitions}`,
      hint: 'Raise ShardCount, or take an on-demand stream.',
    });
  }
  for (const { name, batches, seconds: took, trigger } of charges.functions) {
    if (batches?.behind) {
      warnings.push({
        what: `${name} falls behind: a batch of ${amount(batches.records)} takes ${seconds(took)}, and more records than that come meanwhile`,
        hint: 'Raise its memory, its parallelizationFactor or the number of shards.',
      });
    }
    const interval =
      secondsOf(profile) / (profile.settings.functions.find((fn) => fn.name === name)?.runsPerMonth ?? 0);
    if (trigger === 'schedule' && took > Math.min(interval, 900)) {
      warnings.push({
        what: `${name} would take ${seconds(took)} a run, longer than ${seconds(Math.min(interval, 900))}`,
        hint: 'One function at a time cannot do this load: run it in parts, by ranges of devices (it is priced as if it were).',
      });
    }
  }
  const connects = quotaOf(prices, 'iot.connects');
  const back = profile.connections / connects.limit;
  if (back > 60) {
    warnings.push({
      what: `after an outage the fleet needs ${seconds(back)} to come back, at ${connects.limit} connects a second`,
      hint: 'Let devices wait a random time before they reconnect, and ask AWS for a higher rate.',
    });
  }
  return warnings;
}
