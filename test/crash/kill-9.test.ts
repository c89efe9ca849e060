/**
 * Kill -9 at random moments under load. Whatever was acknowledged is in the books exactly once, windows are what an
 * independent count says, and no alert is missing, however often the process dies.
 */
import { AlertSession } from '../support/alert-session.js';
import { crashFleet } from '../support/crash-fleet.js';
import { expectNothingOwed } from '../support/crash-outcome.js';
import { poll } from '../support/poll.js';
import { type Product, startProduct, temporaryDirectory } from '../support/product.js';
import { seededRandom } from '../support/random.js';
import { readerOf } from '../support/reader.js';

const ROUNDS = 20;

test(`${ROUNDS} kills under load lose nothing and count nothing twice`, async () => {
  const random = seededRandom();
  console.info(`kill -9: TEST_SEED=${random.seed}`);
  const dataDir = temporaryDirectory();
  const fleet = crashFleet(random, { connections: 5, devicesPerConnection: 6, inFlight: 20 });
  const watcher = new AlertSession('crash-watcher');
  let acknowledgedBefore = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const product = await startProduct({ dataDir });
    // While the functions are still catching up with what the last round left.
    const books = await readerOf(product).books();
    expect(books.total.acknowledged).toBeGreaterThanOrEqual(acknowledgedBefore);
    await watcher.start(product.mqttUrl);
    await fleet.start(product.mqttUrl);
    await runFor(random.integer(20, 1_200), product);
    await product.kill9();
    acknowledgedBefore = fleet.acknowledged;
    fleet.drop();
    watcher.drop();
  }
  const product = await startProduct({ dataDir });
  const total = await expectNothingOwed(product, fleet, watcher);
  console.info(
    `kill -9: ${fleet.events().length} events, ${fleet.resent} sent again, ${total.duplicate} of them ` +
      `duplicates, ${fleet.hot.size} alerts`,
  );
  const alerts = await readerOf(product).all('/alerts?state=firing');
  expect(alerts.map(({ deviceId }) => deviceId).sort()).toEqual([...fleet.hot].sort());
  // Each device's one alert is one id, however often the crash made notify repeat it.
  expect(new Set(watcher.deliveries.keys())).toEqual(new Set(alerts.map(({ id }) => id)));
  expect(await product.stop()).toEqual({ code: 0, signal: null });
}, 180_000);

/** The load goes on by itself; the books must balance at any moment of it. */
async function runFor(ms: number, product: Product): Promise<void> {
  const end = performance.now() + ms;
  const reader = readerOf(product);
  await poll(
    async () => {
      await reader.books();
      return performance.now() >= end;
    },
    { timeoutMs: ms + 10_000, intervalMs: 40, what: 'balanced books under load' },
  );
}
