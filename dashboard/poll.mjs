// Asks for the summary about once a second, with its ETag; pauses while nobody looks, and goes on after failures.

const INTERVAL_MS = 1_000;
const TIMEOUT_MS = 5_000;
const MAX_BACKOFF_MS = 5_000;

/**
 * `urlOf()` is asked before every question. Returns a function that asks at once. Calls `onData(summary | null)` after each answer (null: nothing has changed) and `onTrouble(error)` after each
 * failure, which includes one of showing the answer. `onTrouble` must not throw.
 */
export function startPolling(urlOf, onData, onTrouble) {
  let etag = null;
  let failures = 0;
  let timer;
  let running = false;

  async function ask() {
    const url = urlOf();
    const headers = etag === null ? {} : { 'if-none-match': etag };
    const response = await fetch(url, {
      headers,
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.status === 304) return null;
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const summary = await response.json();
    etag = response.headers.get('etag');
    return summary;
  }

  async function turn() {
    if (running) return;
    running = true;
    clearTimeout(timer);
    try {
      const summary = await ask();
      failures = 0;
      onData(summary);
    } catch (error) {
      failures++;
      onTrouble(error);
    }
    running = false;
    if (document.hidden) return;
    timer = setTimeout(turn, failures === 0 ? INTERVAL_MS : Math.min(failures * INTERVAL_MS, MAX_BACKOFF_MS));
  }

  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (!document.hidden) void turn();
  });
  window.addEventListener('online', () => void turn());
  void turn();
  return () => void turn();
}
