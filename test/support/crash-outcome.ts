/** What a crash test ends with: the product, running again, owes its publishers and subscribers nothing. */
import type { Accounting } from '../../functions/query/accounting.js';
import type { AlertSession } from './alert-session.js';
import type { CrashFleet } from './crash-fleet.js';
import { poll } from './poll.js';
import type { Product } from './product.js';
import { readerOf } from './reader.js';
import { expectWindows } from './windows.js';

/**
 * Lets the fleet send what it owes and nothing new. Then every event is in the books and in its window once, and every
 * alert was delivered. Returns the books' total.
 */
export async function expectNothingOwed(
  product: Product,
  fleet: CrashFleet,
  watcher: AlertSession,
): Promise<Accounting['total']> {
  await watcher.start(product.mqttUrl);
  await fleet.start(product.mqttUrl, false);
  await poll(() => fleet.owed === 0, { what: 'everything owed having been acknowledged' });

  const reader = readerOf(product);
  const { total } = await reader.settledBooks(30_000);
  const events = fleet.events();
  expect(fleet.acknowledged).toBe(events.length);
  expect(total).toMatchObject({
    aggregated: events.length,
    late: 0,
    quarantined: 0,
    refused: 0,
    received: 0,
  });
  expect(total.duplicate).toBe(total.acknowledged - events.length);
  expect(total.duplicate).toBeLessThanOrEqual(fleet.resent);
  await expectWindows(reader, events);

  await poll(() => watcher.firing().size >= fleet.hot.size, { what: 'every alert having been delivered' });
  expect(watcher.firing()).toEqual(fleet.hot);
  fleet.drop();
  watcher.drop();
  return total;
}
