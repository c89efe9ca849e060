/** The bill: charges by service, what other settings would make of them, quotas, and the same load on Kafka. Pure. */
import { type Alternative, alternativesOf } from './alternatives.js';
import { type BreakEven, breakEven } from './break-even.js';
import { chargesOf, type Pricing, type ServiceCharges } from './charges.js';
import { type Grid, gridOf } from './grid.js';
import { type KafkaSizing, kafkaOf } from './kafka.js';
import type { FunctionBill } from './lambda.js';
import type { Price } from './prices.js';
import { type Choices, type LoadProfile, secondsOf } from './profile.js';
import { type QuotaUse, quotaUses, type Warning, warningsOf } from './quotas.js';
import type { StreamTraffic } from './streams.js';

export interface Bill {
  readonly format: 1;
  readonly region: string;
  readonly currency: string;
  /** Date of the prices. */
  readonly date: string;
  readonly profile: LoadProfile;
  readonly choices: Choices;
  readonly services: readonly ServiceCharges[];
  /** US dollars. */
  readonly total: {
    readonly month: number;
    readonly perDevice: number;
    readonly perMillionEvents: number;
  };
  readonly functions: readonly FunctionBill[];
  readonly traffic: readonly StreamTraffic[];
  readonly alternatives: readonly Alternative[];
  readonly grid: Grid;
  readonly breakEven: BreakEven;
  readonly quotas: readonly QuotaUse[];
  readonly warnings: readonly Warning[];
  readonly kafka: KafkaSizing;
  /** Prices used that were not read at AWS. */
  readonly uncertain: readonly Price[];
  /** What the bill rests on besides prices, a sentence each. */
  readonly notes: readonly string[];
}

/** Seconds: what the cheapest batch settings stay under when nothing else is said. */
export const DEFAULT_MAX_SECONDS = 5;

/** @param maxSeconds a record may wait so long for the end of its invocation */
export function makeBill(
  profile: LoadProfile,
  pricing: Pricing,
  maxSeconds = DEFAULT_MAX_SECONDS,
  notes: readonly string[] = [],
): Bill {
  const { prices, assumptions, choices } = pricing;
  const charges = chargesOf(profile, pricing);
  const grid = gridOf(profile, pricing, maxSeconds);
  const used = new Set(charges.services.flatMap(({ lines }) => lines.map(({ price }) => price)));
  const events = (profile.eventsPerSecond.mean * secondsOf(profile)) / 1e6;
  return {
    format: 1,
    region: prices.region,
    currency: prices.currency,
    date: prices.date,
    profile,
    choices,
    services: charges.services,
    total: {
      month: charges.total,
      perDevice: charges.total / profile.devices,
      perMillionEvents: charges.total / events,
    },
    functions: charges.functions,
    traffic: charges.traffic,
    alternatives: alternativesOf(profile, pricing, charges, grid),
    grid,
    breakEven: breakEven(profile, pricing),
    quotas: quotaUses(profile, pricing, charges),
    warnings: warningsOf(profile, pricing, charges),
    kafka: kafkaOf(profile, assumptions, prices),
    uncertain: prices.prices.filter(({ id, standing }) => used.has(id) && standing !== 'official'),
    notes: [...notes, ...generalNotes(pricing)],
  };
}

function generalNotes({ assumptions, choices }: Pricing): string[] {
  const { vcpuFactor, vcpuMemoryMB, storeMs, staleShare, environmentHours, initMs } = assumptions;
  return [
    `Durations are an estimate: one local core ms = ${vcpuFactor} ms on a whole Lambda vCPU, which a function has at ${vcpuMemoryMB} MB; below, it gets the share of its memory.`,
    `Each invocation waits ${storeMs} ms for its store, and ${storeMs} ms more for every ${assumptions.rowsPerCall * assumptions.callsAtOnce} rows; ${staleShare * 100} % of invocations read their state anew.`,
    `DynamoDB: what the functions' code commits, at 1 WRU a KB, with an index entry for window and rollup rows; rows expire by time to live, without charge.`,
    `INIT: ${initMs} ms each time an environment starts; one is kept for ${environmentHours} h.`,
    ...(choices.freeTier
      ? ['The free tier is taken off; some of it ends after 12 months.']
      : ['The free tier is left out.']),
    'Not priced: support, taxes, private networking, certificates, metrics and alarms of CloudWatch, EventBridge.',
  ];
}
