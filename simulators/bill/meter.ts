/**
 * The lines of a bill: so much of something, at its price, with the arithmetic in words. A meter knows what of a price's
 * tiers and of the free tier earlier lines have used.
 */
import { amount, dollars, unitPrice } from './figures.js';
import { costOf, type PriceFile, priceOf } from './prices.js';

export interface Line {
  readonly what: string;
  /** Id in the price file. */
  readonly price: string;
  readonly quantity: number;
  readonly unit: string;
  /** US dollars a month. */
  readonly cost: number;
  /** `2 shards x 730 h = 1,460 shard-hours x $0.015 = $21.90` */
  readonly arithmetic: string;
}

export class Meter {
  readonly #prices: PriceFile;
  readonly #freeTier: boolean;
  readonly #used = new Map<string, number>();

  constructor(prices: PriceFile, freeTier: boolean) {
    this.#prices = prices;
    this.#freeTier = freeTier;
  }

  /** @param how the quantity comes about: `2 shards x 730 h` */
  line(price: string, quantity: number, what: string, how: string): Line {
    const entry = priceOf(this.#prices, price);
    const free = this.#freeTier ? (entry.freePerMonth ?? 0) : 0;
    const before = this.#used.get(price) ?? 0;
    this.#used.set(price, before + quantity);
    const until = (units: number) => costOf(entry, Math.max(0, units - free));
    const cost = until(before + quantity) - until(before);
    const given = Math.min(free, before + quantity) - Math.min(free, before);
    const less = given > 0 ? ` - ${amount(given)} free` : '';
    const first = entry.tiers[0]!.price;
    const mean = (cost / Math.max(quantity - given, Number.MIN_VALUE)) * entry.per;
    const tiers = cost > 0 && Math.abs(mean / first - 1) > 1e-9;
    const each = `${unitPrice(tiers ? mean : first, entry)}${tiers ? ' (mean of its tiers)' : ''}`;
    const arithmetic = `${how} = ${amount(quantity)} ${units(entry.unit)}${less} x ${each} = ${dollars(cost)}`;
    return { what, price, quantity, unit: entry.unit, cost, arithmetic };
  }
}

/** In the plural; GB has none. */
function units(unit: string): string {
  return unit.startsWith('GB') && unit !== 'GB-second' ? unit : `${unit}s`;
}

export function sum(lines: readonly { readonly cost: number }[]): number {
  return lines.reduce((total, { cost }) => total + cost, 0);
}
