/**
 * At-least-once delivery as a test input: how a timeline is cut into batches, which environment gets each, and what
 * befalls it. After the plan, whatever is left is delivered in one good batch.
 */
import fc from 'fast-check';
import type { CreateFunction, Platform, Process } from '../../functions/contract.js';
import { batchOf, type TestRecord } from './batches.js';
import { type Fate, start, testContext } from './stream-function.js';

export interface Delivery {
  readonly count: number;
  /** Which of two environments; both may hold state in their caches. */
  readonly environment: 0 | 1;
  /** A new environment in its place first. */
  readonly cold: boolean;
  readonly fate: Fate;
}

export const deliveries: fc.Arbitrary<Delivery[]> = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 12 }),
    environment: fc.constantFrom(0 as const, 1 as const),
    cold: fc.boolean(),
    fate: fc.constantFrom<Fate>('done', 'done', 'done', 'commit fails', 'dies after commit', 'rewinds'),
  }),
  { maxLength: 25 },
);

export async function deliver(
  records: readonly TestRecord[],
  plan: readonly Delivery[],
  create: CreateFunction,
  platform: Platform,
  store: { fate: Fate },
): Promise<void> {
  const environments: (Process | undefined)[] = [undefined, undefined];
  let position = 0;
  for (const { count, environment, cold, fate } of plan) {
    if (position >= records.length) break;
    if (cold) environments[environment] = undefined;
    environments[environment] ??= await start(create, platform);
    store.fate = fate;
    const to = Math.min(records.length, position + count);
    try {
      await environments[environment](batchOf(records, position, to), testContext);
      position = fate === 'rewinds' ? Math.max(0, to - 2 * count) : to;
    } catch (error) {
      // The plan's own failures, and a stale cache found out at the commit: the batch comes again.
      if (fate === 'done' && (error as { code?: string }).code !== 'STORE_STALE') throw error;
      if (fate === 'dies after commit') environments[environment] = undefined;
    }
  }
  store.fate = 'done';
  const last = await start(create, platform);
  await last(batchOf(records, position), testContext);
}
