/**
 * A process to be killed: one run of `deliver` over the stores in a directory, to a webhook. Arguments: the directory,
 * the webhook's URL, how far the clock is ahead of the system's (ms).
 */
import { pino } from 'pino';
import { run } from '../../functions/deliver/run.js';
import { openSender } from '../../functions/deliver/senders/open.js';
import type { WebhookTarget } from '../../functions/dispatch/config/types.js';
import { openSqliteStores } from '../../stores/sqlite/stores.js';

const [directory = '', url = '', ahead = '0'] = process.argv.slice(2);
const target: WebhookTarget = {
  id: 'ops/webhook/0',
  kind: 'webhook',
  timeoutMs: 10_000,
  sendResolved: true,
  maxAlerts: 0,
  url,
  secret: 'whsec',
};

const stores = openSqliteStores(directory);
await run({
  store: stores.deliveries,
  send: openSender(),
  sizes: new Map(),
  log: pino({ level: 'silent' }),
  now: () => Date.now() + Number(ahead),
  target: () => target,
  timeoutMs: () => target.timeoutMs,
  hasTime: () => true,
});
await stores.close();
