/** At which rates provisioned and on-demand Kinesis change places, with the same events. Pure. */
import type { Pricing } from './charges.js';
import { Meter } from './meter.js';
import type { LoadProfile } from './profile.js';
import { kinesisCost } from './streams.js';

export interface BreakEven {
  /** Streams' costs a month at rates around the load's own. */
  readonly points: readonly {
    readonly rate: number;
    readonly provisioned: number;
    readonly onDemand: number;
  }[];
  /** Events a second (mean) from which on the other mode is the cheaper one. */
  readonly changes: readonly { readonly rate: number; readonly cheaper: 'provisioned' | 'on-demand' }[];
}

const POINTS = 49;
const BISECTIONS = 40;

/**
 * Searched from a hundredth to a hundred times the load's rate, the peak in proportion and the declared shards as the
 * least. Shards come in steps, so there may be several changes close to each other.
 */
export function breakEven(profile: LoadProfile, pricing: Pricing): BreakEven {
  const own = profile.eventsPerSecond.mean;
  const costs = (rate: number) => ({
    rate,
    provisioned: costAt(profile, pricing, rate, 'provisioned'),
    onDemand: costAt(profile, pricing, rate, 'on-demand'),
  });
  const points = Array.from({ length: POINTS }, (_, i) => costs((own * 10 ** (i / 12)) / 100));
  const changes = points.flatMap((point, i) => {
    const before = points[i - 1];
    if (before === undefined || provisionedWins(before) === provisionedWins(point)) return [];
    let [low, high] = [before.rate, point.rate];
    for (let n = 0; n < BISECTIONS; n++) {
      const middle = Math.sqrt(low * high);
      if (provisionedWins(costs(middle)) === provisionedWins(before)) low = middle;
      else high = middle;
    }
    return [
      { rate: high, cheaper: provisionedWins(point) ? ('provisioned' as const) : ('on-demand' as const) },
    ];
  });
  return { points, changes };
}

export function provisionedWins({ provisioned, onDemand }: BreakEven['points'][number]): boolean {
  return provisioned < onDemand;
}

function costAt(
  profile: LoadProfile,
  { prices, assumptions, choices }: Pricing,
  rate: number,
  kinesis: 'provisioned' | 'on-demand',
): number {
  const factor = rate / profile.eventsPerSecond.mean;
  const { mean, peak } = profile.eventsPerSecond;
  const load = {
    ...profile,
    eventsPerSecond: { mean: mean * factor, peak: peak * factor },
    alertsPerSecond: profile.alertsPerSecond * factor,
  };
  const meter = new Meter(prices, choices.freeTier);
  return kinesisCost(load, assumptions, { ...choices, kinesis }, meter);
}
