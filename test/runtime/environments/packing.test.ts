import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { BatchInvocation, EventSource } from '../../../runtime/environments/invocation.js';
import { packRound, unpackRound } from '../../../runtime/environments/packing.js';
import { createSourceNumbers } from '../../../runtime/environments/sources.js';

const sourceOf = (stream: string): EventSource => ({
  kind: 'kinesis',
  stream,
  arn: `arn:aws:kinesis:eu-west-1:123456789012:stream/${stream}`,
  bootstrapServers: [],
  reportsFailures: true,
});
const sources = [sourceOf('a'), sourceOf('b')];

const offsets = fc.oneof(
  fc.constant(undefined),
  // Filtered batches of the local log; Kinesis sequence numbers.
  fc.uniqueArray(fc.bigInt(0n, 2n ** 33n), { minLength: 1, maxLength: 5 }),
  fc.uniqueArray(fc.bigInt(2n ** 180n, 2n ** 186n), { minLength: 1, maxLength: 5 }),
);
const invocations: fc.Arbitrary<BatchInvocation> = fc
  .record({
    source: fc.constantFrom(...sources),
    partition: fc.nat(1_000),
    base: fc.bigInt(0n, 2n ** 64n - 1n),
    offsets,
    frames: fc.uint8Array({ maxLength: 40 }),
    shift: fc.nat(9),
    window: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
  })
  .map(({ source, partition, base, offsets: given, frames, shift, window }) => {
    const ascending = given === undefined ? undefined : [...given].sort((a, b) => (a < b ? -1 : 1));
    return {
      source,
      batch: {
        stream: source.stream,
        partition,
        baseOffset: ascending?.[0] ?? base,
        count: ascending?.length ?? 3,
        frames: Buffer.concat([Buffer.alloc(shift), frames]).subarray(shift),
        ...(ascending === undefined ? {} : { offsets: ascending }),
      },
      ...(window === undefined
        ? {}
        : {
            window: {
              start: 1,
              end: 2,
              state: JSON.stringify(window),
              isFinal: true,
              isTerminatedEarly: false,
            },
          }),
    };
  });

test('what is packed comes out again, wherever the bytes lay', () => {
  fc.assert(
    fc.property(fc.array(invocations, { minLength: 1, maxLength: 6 }), (given) => {
      const numbers = createSourceNumbers();
      const requestIds = given.map(() => randomUUID());
      const packing = packRound({ invocations: given, requestIds }, numbers.numberOf);
      const memory = Buffer.from(new SharedArrayBuffer(packing.length));
      packing.write(memory);
      const unpacked = unpackRound(memory, numbers.takeNew());
      expect(unpacked).toEqual(given.map((invocation, i) => ({ invocation, requestId: requestIds[i]! })));
    }),
  );
});

test('a source is sent once, and known by its number afterwards', () => {
  const numbers = createSourceNumbers();
  expect([sources[0]!, sources[1]!, sources[0]!].map(numbers.numberOf)).toEqual([0, 1, 0]);
  expect(numbers.takeNew()).toEqual(sources);
  numbers.numberOf(sources[1]!);
  expect(numbers.takeNew()).toEqual([]);
});

test('a single record goes over at any offset', () => {
  const numbers = createSourceNumbers();
  const baseOffset = 2n ** 185n + 3n;
  const batch = { stream: 'a', partition: 0, baseOffset, count: 1, frames: Buffer.from('frame') };
  const packing = packRound(
    { invocations: [{ source: sources[0]!, batch }], requestIds: [randomUUID()] },
    numbers.numberOf,
  );
  const memory = Buffer.alloc(packing.length);
  packing.write(memory);
  const unpacked = unpackRound(memory, numbers.takeNew())[0]!.invocation.batch;
  expect(unpacked).toEqual({ ...batch, offsets: [baseOffset] });
});

test('the end of a window goes over at any offset', () => {
  const numbers = createSourceNumbers();
  const baseOffset = 2n ** 185n + 3n;
  const batch = { stream: 'a', partition: 0, baseOffset, count: 0, frames: Buffer.alloc(0) };
  const window = { start: 1, end: 2, state: '{}', isFinal: true, isTerminatedEarly: false };
  const given: BatchInvocation = { source: sources[0]!, batch, window };
  const packing = packRound({ invocations: [given], requestIds: [randomUUID()] }, numbers.numberOf);
  const memory = Buffer.alloc(packing.length);
  packing.write(memory);
  expect(unpackRound(memory, numbers.takeNew())[0]!.invocation).toEqual(given);
});
