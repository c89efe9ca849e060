/** SIGTERM under load: the product drains, exits with 0, and owes its publishers and subscribers nothing afterwards. */
import { AlertSession } from '../support/alert-session.js';
import { crashFleet } from '../support/crash-fleet.js';
import { expectNothingOwed } from '../support/crash-outcome.js';
import { poll } from '../support/poll.js';
import { startProduct, temporaryDirectory } from '../support/product.js';
import { seededRandom } from '../support/random.js';

const ROUNDS = 4;

test(`${ROUNDS} stops under load end with 0 and lose nothing`, async () => {
  const random = seededRandom();
  console.info(`SIGTERM: TEST_SEED=${random.seed}`);
  const dataDir = temporaryDirectory();
  const fleet = crashFleet(random, { connections: 5, devicesPerConnection: 6, inFlight: 20 });
  const watcher = new AlertSession('stop-watcher');
  for (let round = 0; round < ROUNDS; round++) {
    const product = await startProduct({ dataDir });
    await watcher.start(product.mqttUrl);
    await fleet.start(product.mqttUrl);
    const enough = fleet.acknowledged + random.integer(200, 4_000);
    await poll(() => fleet.acknowledged >= enough, { timeoutMs: 20_000, what: 'load' });
    expect(await product.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(product.output()).toContain('stopped');
    fleet.drop();
    watcher.drop();
  }
  await expectNothingOwed(await startProduct({ dataDir }), fleet, watcher);
}, 120_000);
