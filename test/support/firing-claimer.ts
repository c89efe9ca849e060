/**
 * A process that claims the moments 1 to N of a rule as fast as it can and prints each one it won. Arguments: the
 * stores' configuration (JSON), N. Begins when a line comes in, so that several begin together.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { openStores, type StoresConfig } from '../../stores/open.js';

const [config = '', moments = '0'] = process.argv.slice(2);
const stores = openStores(JSON.parse(config) as StoresConfig);
const { firings } = stores;
await firings.register('job', 'rate(1 minute)', 0);
writeSync(1, 'ready\n');
await once(process.stdin, 'data');
let won = '';
for (let due = 1; due <= Number(moments); due++) {
  const claim = await firings.claim({ rule: 'job', due, now: due, leaseMs: 1_000, overlap: true });
  if (claim.kind !== 'won') continue;
  won += `${due}\n`;
  await firings.finish('job', due);
}
await stores.close();
writeSync(1, `${won}end\n`);
process.exit(0);
