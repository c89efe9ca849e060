import { murmur2, partitionOf } from '../../streams/partitioner.js';

// Apache Kafka, clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java#testMurmur2
const PUBLISHED: [string, number][] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

test.each(PUBLISHED)('murmur2 of %s is what Kafka publishes', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
});

test('a key lands in the partition Kafka puts it in', () => {
  for (const [key, hash] of PUBLISHED) expect(partitionOf(key, 7)).toBe((hash & 0x7fffffff) % 7);
});
