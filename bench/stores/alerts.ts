/** Commits of what 1,000 devices are remembered by, and what the next environment reads of it. */
import type { AlertStore } from '../../stores/alerts.js';

const MEMORIES = 1_000;
const SECONDS = 3;
/** A trailing window of ten readings and two last values take about this. */
const STATE = JSON.stringify({
  v: 1,
  features: { w: Array.from({ length: 10 }, (_, index) => [1_700_000_000_000 + index, 20.125 + index]) },
  last: { temperature: [1_700_000_000_000, 20.5], battery: [1_700_000_000_000, 3.7] },
});

export async function measureAlerts(store: AlertStore) {
  const times: number[] = [];
  const devices = Array.from({ length: MEMORIES }, (_, index) => `sensor-${index}`);
  let from = await store.next('alert', 0);
  const cpu = process.cpuUsage();
  const end = performance.now() + SECONDS * 1_000;
  while (performance.now() < end) {
    const next = from + 5_000n;
    const memories = devices.map((deviceId, index) => ({
      deviceId,
      partition: 0,
      offset: next - BigInt(index + 1),
      due: Number(next) + index * 10,
      state: STATE,
    }));
    const before = performance.now();
    await store.commit({ scope: 'alert', partition: 0, from, next, rows: [], memories, ended: [] });
    times.push(performance.now() - before);
    from = next;
  }
  const { user, system } = process.cpuUsage(cpu);
  const reading = performance.now();
  const due = await store.due('alert', 0, Number.MAX_SAFE_INTEGER, MEMORIES);
  const read = await store.memories('alert', due);
  const readMs = performance.now() - reading;
  times.sort((a, b) => a - b);
  return {
    memoriesPerCommit: MEMORIES,
    bytesPerMemory: STATE.length,
    commits: times.length,
    medianMs: Number(times[times.length >> 1]?.toFixed(1)),
    p99Ms: Number(times[Math.floor(times.length * 0.99)]?.toFixed(1)),
    cpuMsPerCommit: Number(((user + system) / 1_000 / times.length).toFixed(2)),
    read: read.length,
    readMs: Number(readMs.toFixed(1)),
  };
}
