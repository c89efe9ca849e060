/** What every tick store owes, whatever it keeps its rows in. */
import type { TickStore } from '../../stores/alerts.js';

export function tickStoreContract(open: () => Promise<TickStore>): void {
  test('starts at 0, keeps the latest time and never an earlier one', async () => {
    const store = await open();
    expect(await store.lastTick()).toBe(0);
    await store.saveTick(1_700_000_000_000);
    await store.saveTick(5);
    expect(await store.lastTick()).toBe(1_700_000_000_000);
    await store.close();
  });
}
