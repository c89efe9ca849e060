/** 10,000 deliveries made, claimed and settled, with all of them waiting at first. */
import type { Settlement } from '../../stores/notifications.js';
import type { Stores } from '../../stores/stores.js';

const DELIVERIES = 10_000;
const PER_COMMIT = 1_000;
const PER_CLAIM = 100;
const TARGET = 'ops/webhook/0';
const NOTIFICATION = JSON.stringify({ id: 'x'.repeat(32), alerts: ['y'.repeat(600)] });

export async function measureDeliveries({ dispatch, deliveries }: Stores) {
  const run = Date.now();
  const making = await elapsed(async () => {
    for (let made = 0; made < DELIVERIES; made += PER_COMMIT) {
      const from = await dispatch.cursor();
      await dispatch.commit({
        from,
        cursor: from + 1n,
        groups: [{ key: `group-${made}`, due: null, state: '{}' }],
        removedGroups: [],
        deliveries: Array.from({ length: PER_COMMIT }, (_, index) => ({
          id: `${run}-${made + index}`,
          target: TARGET,
          state: 'waiting' as const,
          createdAt: run,
          dueAt: run,
          attempts: 0,
          lastError: null,
          fingerprints: [`f-${index}`],
          notification: NOTIFICATION,
        })),
      });
    }
  });
  let claiming = 0;
  let settling = 0;
  let settled = 0;
  for (;;) {
    let claimed: Awaited<ReturnType<typeof deliveries.claim>> = [];
    claiming += await elapsed(async () => {
      claimed = await deliveries.claim(TARGET, run, run + 60_000, PER_CLAIM);
    });
    if (claimed.length === 0) break;
    const outcomes = claimed.map(
      ({ id }): Settlement => ({
        delivery: { id, state: 'delivered', dueAt: run, attempts: 1, lastError: null },
        attempt: {
          ...{ deliveryId: id, target: TARGET, at: run, durationMs: 5, outcome: 'delivered' },
          ...{ status: 200, error: null },
        },
      }),
    );
    settling += await elapsed(() =>
      deliveries.settle(outcomes, { target: TARGET, failures: 0, openUntil: 0 }),
    );
    settled += claimed.length;
  }
  const perClaim = (ms: number) => Number(((ms / settled) * PER_CLAIM).toFixed(1));
  return {
    deliveries: settled,
    perClaim: PER_CLAIM,
    makingMs: Math.round(making),
    claimMs: perClaim(claiming),
    settleMs: perClaim(settling),
    deliveriesPerSecond: Math.round((settled / (claiming + settling)) * 1_000),
  };
}

async function elapsed(work: () => Promise<void>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}
