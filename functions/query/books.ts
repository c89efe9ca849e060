/**
 * Reads what the books are made from, in the order that `accounting.ts` relies on: tallies first, the stream after.
 */
import type { DeploymentStatus, Platform } from '../contract.js';
import { type Accounting, accounting } from './accounting.js';

export interface Books {
  readonly accounting: Accounting;
  /** The snapshot the books were made with. */
  readonly status: DeploymentStatus;
}

export async function readBooks(platform: Platform): Promise<Books> {
  const { validation, aggregation, alerts } = platform.stores;
  const [validationTallies, aggregationTallies, counts] = await Promise.all([
    validation.tallies(),
    aggregation.tallies(),
    alerts.counts(),
  ]);
  // Not before the tallies are there: the stream may only be ahead of them.
  const status = await platform.status();
  return {
    status,
    accounting: accounting({
      validation: validationTallies,
      aggregation: aggregationTallies,
      alerts: counts,
      status,
    }),
  };
}
