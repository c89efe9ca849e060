/**
 * AWS prices and quotas: the one dated file `prices.json`, its shape, and what an amount of something costs.
 *
 * `standing` says how far an entry can be trusted: `official` was read on a page of AWS, `third-party` was read
 * elsewhere (its source says where), `unverified` was found nowhere.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf, MillraceError, messageOf } from '../../common/errors.js';

export type Standing = 'official' | 'third-party' | 'unverified';

export interface Price {
  readonly id: string;
  readonly service: string;
  readonly what: string;
  readonly unit: string;
  /** The price is for so many units: 1, or a million. */
  readonly per: number;
  /** Ascending: units of a month up to `upTo` (from where the tier before ends) at `price`; null: all further ones. */
  readonly tiers: readonly { readonly upTo: number | null; readonly price: number }[];
  /** Units a month that the free tier gives; absent: none. */
  readonly freePerMonth?: number;
  readonly region: string;
  readonly source: string;
  /** YYYY-MM-DD */
  readonly read: string;
  readonly standing: Standing;
  readonly note?: string;
}

export interface Quota {
  readonly id: string;
  readonly what: string;
  readonly limit: number;
  readonly unit: string;
  /** AWS raises it on request. */
  readonly adjustable: boolean;
  readonly region: string;
  readonly source: string;
  readonly read: string;
  readonly standing: Standing;
}

export interface PriceFile {
  readonly format: 1;
  readonly currency: string;
  readonly region: string;
  /** When the file was last gone through, YYYY-MM-DD. */
  readonly date: string;
  readonly prices: readonly Price[];
  readonly quotas: readonly Quota[];
}

/**
 * @param file another price file; the one that comes with Millrace by default
 * @throws MillraceError `PRICES_UNREADABLE`
 */
export function loadPrices(file = ownFile()): PriceFile {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PriceFile;
  } catch (error) {
    throw new MillraceError(`the price file ${file} cannot be read: ${messageOf(error)}`, {
      code: 'PRICES_UNREADABLE',
      hint: codeOf(error) === 'ENOENT' ? 'Say where it is with --prices.' : 'It must be JSON.',
      cause: error,
    });
  }
}

/** Beside the sources, also when this module runs transpiled. */
function ownFile(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return join(folder, 'simulators', 'bill', 'prices.json');
}

/** @throws MillraceError `PRICE_UNKNOWN` */
export function priceOf({ prices }: PriceFile, id: string): Price {
  return found(prices, id);
}

/** @throws MillraceError `PRICE_UNKNOWN` */
export function quotaOf({ quotas }: PriceFile, id: string): Quota {
  return found(quotas, id);
}

function found<T extends { readonly id: string }>(entries: readonly T[], id: string): T {
  const entry = entries.find((candidate) => candidate.id === id);
  if (entry !== undefined) return entry;
  throw new MillraceError(`the price file has no '${id}'`, {
    code: 'PRICE_UNKNOWN',
    hint: 'Take it over from simulators/bill/prices.json.',
  });
}

/** What so many units cost a month, in the file's currency. */
export function costOf({ tiers, per }: Price, quantity: number): number {
  let from = 0;
  let sum = 0;
  for (const { upTo, price } of tiers) {
    const until = Math.min(quantity, upTo ?? Number.POSITIVE_INFINITY);
    if (until <= from) break;
    sum += ((until - from) / per) * price;
    from = until;
  }
  return sum;
}
