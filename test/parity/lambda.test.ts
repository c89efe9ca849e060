/**
 * The straight path and Lambda's path are the same function: the same batches through `process` and, as Kinesis
 * events, through `handler` leave the same rows and send the same records.
 */
import fc from 'fast-check';
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { create as createAggregate } from '../../functions/aggregate/handler.js';
import { create as createAlert } from '../../functions/alert/handler.js';
import type { CreateFunction } from '../../functions/contract.js';
import { create as createValidate } from '../../functions/validate/handler.js';
import { createLambdaRunner } from '../../runtime/lambda/runner.js';
import type { Batch } from '../../streams/batch.js';
import { batchesOf, type TestRecord, tick } from '../support/batches.js';
import { invocationOf } from '../support/invocations.js';
import { lambdaSpec } from '../support/lambda-environment.js';
import { type MemoryPlatform, memoryPlatform } from '../support/platform.js';
import { start, testContext } from '../support/stream-function.js';

const BEGIN = 1_700_000_000_000;
const DEVICES = ['dev-1', 'dev-2', 'Fühler 3'];
const EVERYTHING = { limit: 1_000, cursor: null };
const ALL_TIME = { from: 0, to: 8.64e15 };

async function direct(
  create: CreateFunction,
  batches: readonly Batch[],
  platform: MemoryPlatform,
): Promise<void> {
  const process = await start(create, platform);
  for (const batch of batches) expect(await process(batch, testContext)).toEqual({ batchItemFailures: [] });
}

/** The exported Lambda handler as a plain one: events built, answers read as for anybody else's. */
async function viaLambda(
  create: CreateFunction,
  batches: readonly Batch[],
  platform: MemoryPlatform,
): Promise<void> {
  const invoke = entered(create, platform);
  for (const batch of batches) expect(await invoke(batch)).toEqual({ kind: 'success' });
}

function entered(create: CreateFunction, platform: MemoryPlatform) {
  const handler = lambdaHandler(create, () => platform);
  const spec = { ...lambdaSpec('handler.js'), isolation: 'inline' as const };
  const runner = createLambdaRunner(handler, spec, platform.log, { enveloped: true });
  const { source } = invocationOf('kinesis', []);
  const info = { requestId: 'test', deadline: performance.now() + 30_000 };
  return (batch: Batch) => runner.batch({ source, batch }, info);
}

/** Everything the stream functions leave behind. */
async function remains({ stores, appended, published }: MemoryPlatform) {
  return {
    validated: await stores.validation.tallies(),
    devices: await stores.validation.devices(EVERYTHING),
    quarantine: await stores.validation.quarantine(EVERYTHING),
    aggregated: await stores.aggregation.tallies(),
    windows: await Promise.all(
      DEVICES.map((key) => stores.aggregation.windows({ definition: 'device', key }, ALL_TIME, EVERYTHING)),
    ),
    late: await stores.aggregation.late({}, EVERYTHING),
    alerts: await stores.alerts.alerts({}, EVERYTHING),
    appended,
    published,
  };
}

/** Good, hot, late, repeated and broken events of three devices, with ticks between them. */
const timelines = fc
  .array(
    fc.record({
      device: fc.constantFrom(...DEVICES),
      step: fc.integer({ min: 0, max: 30_000 }),
      lag: fc.constantFrom(0, 0, 0, 5_000, 200_000),
      temperature: fc.oneof(fc.integer({ min: 10, max: 95 }), fc.constant('hot')),
      seq: fc.integer({ min: 0, max: 20 }),
      kind: fc.constantFrom('event', 'event', 'event', 'broken', 'tick'),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((steps) => {
    let now = BEGIN;
    return steps.map(({ device, step, lag, temperature, seq, kind }): TestRecord => {
      now += step;
      if (kind === 'tick') return tick(now);
      const event = { ts: now - lag, seq, temperature, humidity: 40, battery: 3.7 };
      return { arrivalTime: now, key: device, payload: kind === 'broken' ? '{"ts":' : event };
    });
  });

test.each([
  ['validate', createValidate],
  ['aggregate', createAggregate],
  ['alert', createAlert],
])(
  '%s: both paths leave the same',
  async (_, create) => {
    const cuts = fc.array(fc.integer({ min: 1, max: 59 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(timelines, cuts, async (timeline, edges) => {
        const [straight, lambda] = [memoryPlatform(), memoryPlatform()];
        try {
          await direct(create, batchesOf(timeline, edges), straight);
          await viaLambda(create, batchesOf(timeline, edges), lambda);
          expect(await remains(lambda)).toEqual(await remains(straight));
        } finally {
          await Promise.all([straight.stores.close(), lambda.stores.close()]);
        }
      }),
      { numRuns: 20 },
    );
  },
  60_000,
);

test('both paths name the same records as failed, and let the same errors through', async () => {
  const timeline = ['a', 'b', 'c', 'd'].map(
    (payload, i): TestRecord => ({ arrivalTime: BEGIN + i, key: 'k', payload }),
  );
  const batch = { ...batchesOf([tick(BEGIN), ...timeline], [])[0]!, baseOffset: 70n };
  await fc.assert(
    fc.asyncProperty(fc.subarray([70n, 71n, 72n, 73n, 74n]), fc.boolean(), async (failures, throws) => {
      const create: CreateFunction = () => ({
        async process() {
          if (throws) throw new RangeError('told to');
          return { batchItemFailures: failures };
        },
      });
      const platform = memoryPlatform();
      const outcome = entered(create, platform)(batch);
      if (throws) await expect(outcome).rejects.toThrow(new RangeError('told to'));
      else if (failures.length === 0) expect(await outcome).toEqual({ kind: 'success' });
      else expect(await outcome).toEqual({ kind: 'partial', failures });
      await platform.stores.close();
    }),
    { numRuns: 40 },
  );
});
