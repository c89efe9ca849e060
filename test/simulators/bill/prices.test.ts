import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { chargesOf } from '../../../simulators/bill/charges.js';
import { kafkaOf } from '../../../simulators/bill/kafka.js';
import { costOf, loadPrices, priceOf } from '../../../simulators/bill/prices.js';
import { ASSUMPTIONS } from '../../../simulators/bill/profile.js';
import { MILLRACE, PROFILE, pricing } from './loads.js';

const FILE = loadPrices();
const DATE = /^\d{4}-\d\d-\d\d$/;

describe('the price file', () => {
  test.each([...FILE.prices, ...FILE.quotas])(
    '$id has a region, a source, a date and its standing',
    (entry) => {
      expect(entry.region).toBe('us-east-1');
      expect(entry.source.length).toBeGreaterThan(5);
      expect(entry.read).toMatch(DATE);
      expect(entry.read <= FILE.date).toBe(true);
      expect(['official', 'third-party', 'unverified']).toContain(entry.standing);
      expect(entry.unit).not.toBe('');
    },
  );

  test.each(FILE.prices)('$id: tiers ascend, get no dearer, and end open', ({ tiers, per }) => {
    expect([1, 1_000_000]).toContain(per);
    expect(tiers.at(-1)!.upTo).toBeNull();
    for (const [i, tier] of tiers.entries()) {
      expect(tier.price).toBeGreaterThan(0);
      if (i === 0) continue;
      expect(tier.price).toBeLessThanOrEqual(tiers[i - 1]!.price);
      expect(tier.upTo ?? Number.POSITIVE_INFINITY).toBeGreaterThan(tiers[i - 1]!.upTo!);
    }
  });

  test('every id is there once, and each price is used by some bill', () => {
    const ids = FILE.prices.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const profile = { ...PROFILE, settings: MILLRACE };
    const used = (['provisioned', 'on-demand', 'advantage'] as const).flatMap((kinesis) =>
      [true, false].flatMap((enhancedFanOut) =>
        (['arm64', 'x86_64'] as const).flatMap((architecture) =>
          chargesOf(profile, pricing({ kinesis, enhancedFanOut, architecture })).services.flatMap(
            ({ lines }) => lines.map(({ price }) => price),
          ),
        ),
      ),
    );
    const kafka = kafkaOf(profile, ASSUMPTIONS, FILE).serverless.lines.map(({ price }) => price);
    expect(ids.filter((id) => !used.includes(id) && !kafka.includes(id))).toEqual([]);
  });
});

test('tiers: each unit at the price of the tier it lies in', () => {
  const messages = priceOf(FILE, 'iot.message');
  expect(costOf(messages, 0)).toBe(0);
  expect(costOf(messages, 1e9)).toBeCloseTo(1000, 6);
  expect(costOf(messages, 6e9)).toBeCloseTo(1000 + 3200 + 700, 6);
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e11, noNaN: true }),
      fc.double({ min: 0, max: 1e11, noNaN: true }),
      (a, b) => {
        expect(costOf(messages, a + b)).toBeGreaterThanOrEqual(costOf(messages, a));
      },
    ),
  );
});

test('what cannot be read, and what is missing, is said with a code', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-prices-'));
  expect(() => loadPrices(join(folder, 'none.json'))).toThrow(
    expect.objectContaining({ code: 'PRICES_UNREADABLE' }),
  );
  writeFileSync(join(folder, 'bad.json'), '{');
  expect(() => loadPrices(join(folder, 'bad.json'))).toThrow(
    expect.objectContaining({ code: 'PRICES_UNREADABLE' }),
  );
  expect(() => priceOf(FILE, 'iot.nothing')).toThrow(expect.objectContaining({ code: 'PRICE_UNKNOWN' }));
});
