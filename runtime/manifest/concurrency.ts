/** How functions share the account's concurrency: Lambda keeps part of it for those that reserve none. */

import type { Problems } from '../../common/problems.js';
import type { FunctionManifest } from './manifest.js';

const LEAST_UNRESERVED = 100;

/** @param account `custom.millrace.concurrency.account` */
export function checkConcurrency(
  functions: readonly FunctionManifest[],
  account: number,
  problems: Problems,
): void {
  let taken = 0;
  let isShort = false;
  for (const { name, reservedConcurrency, provisionedConcurrency, local } of functions) {
    const at = ['functions', name];
    if (reservedConcurrency !== undefined && provisionedConcurrency > reservedConcurrency) {
      problems.add([...at, 'provisionedConcurrency'], 'must not be above reservedConcurrency');
    }
    if (provisionedConcurrency > local.environments) {
      problems.add(
        ['custom', 'millrace', 'functions', name, 'environments'],
        `is ${local.environments}, below provisionedConcurrency ${provisionedConcurrency}`,
      );
    }
    const claim = reservedConcurrency ?? provisionedConcurrency;
    if (claim === 0) continue;
    taken += claim;
    if (!isShort && account - taken < LEAST_UNRESERVED) {
      isShort = true;
      const key = reservedConcurrency === undefined ? 'provisionedConcurrency' : 'reservedConcurrency';
      problems.add(
        [...at, key],
        `leaves ${account - taken} of the account's ${account} (custom.millrace.concurrency.account) unreserved, ` +
          `with what other functions reserve; AWS keeps at least ${LEAST_UNRESERVED}`,
      );
    }
  }
}
