import fc from 'fast-check';
import mqttPacket, { type IPublishPacket, type Packet } from 'mqtt-packet';
import { IncomingPackets, type IncomingPublish } from '../../../../gateway/mqtt/external/incoming-packets.js';

interface Seen {
  readonly publishes: (Omit<IncomingPublish, 'payload'> & { payload: string | null })[];
  readonly released: number[];
  readonly others: Buffer[];
}

function scan(version: 4 | 5, chunks: readonly Buffer[], maxPacketBytes = 1 << 20): Seen {
  const seen: Seen = { publishes: [], released: [], others: [] };
  const packets = new IncomingPackets(version, maxPacketBytes, {
    publish: (publish) =>
      seen.publishes.push({ ...publish, payload: publish.payload?.toString('hex') ?? null }),
    pubrel: (packetId) => seen.released.push(packetId),
    other: (packet) => seen.others.push(packet),
  });
  for (const chunk of chunks) packets.push(chunk);
  return seen;
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const publish = fc.record({
  topic: fc.stringMatching(/^[a-z/ü€]{1,200}$/),
  payload: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  qos: fc.constantFrom(0, 1, 2),
  dup: fc.boolean(),
  retain: fc.boolean(),
  messageId: fc.integer({ min: 1, max: 65_535 }),
  property: fc.string({ maxLength: 200 }),
});

const generate = (version: 4 | 5, { property, ...rest }: { property: string; [key: string]: unknown }) =>
  mqttPacket.generate(
    {
      cmd: 'publish',
      ...rest,
      ...(version === 5 ? { properties: { userProperties: { property } } } : {}),
    } as unknown as IPublishPacket,
    { protocolVersion: version },
  );

test.each([4, 5] as const)('MQTT %i: takes out what was put in, however the bytes are cut', (version) => {
  const other = mqttPacket.generate({ cmd: 'suback', messageId: 7, granted: [1] } as Packet, {
    protocolVersion: version,
  });
  const pubrel = mqttPacket.generate({ cmd: 'pubrel', messageId: 513 } as Packet, {
    protocolVersion: version,
  });
  fc.assert(
    fc.property(
      fc.array(publish, { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }),
      (publishes, sizes) => {
        const bytes = Buffer.concat(publishes.flatMap((one) => [generate(version, one), other, pubrel]));
        const seen = scan(version, cut(bytes, sizes));
        expect(seen.publishes).toEqual(
          publishes.map(({ topic, qos, dup, retain, payload, messageId }) => ({
            topic,
            qos,
            dup,
            retain,
            packetId: qos > 0 ? messageId : 0,
            payload: payload.toString('hex'),
          })),
        );
        expect(seen.released).toEqual(publishes.map(() => 513));
        expect(Buffer.concat(seen.others)).toEqual(Buffer.concat(publishes.map(() => other)));
      },
    ),
    { numRuns: 60 },
  );
});

test.each([4, 5] as const)(
  'MQTT %i: passes over a packet that is too large, telling whose it was',
  (version) => {
    const large = {
      topic: 'devices/big/telemetry',
      payload: Buffer.alloc(300_000),
      qos: 1,
      dup: false,
      retain: false,
      messageId: 9,
      property: '',
    };
    const small = { ...large, topic: 'devices/small/telemetry', payload: Buffer.from('1'), messageId: 10 };
    const bytes = Buffer.concat([generate(version, large), generate(version, small)]);
    const { publishes } = scan(version, cut(bytes, [65_536, 1, 1_000]), 100_000);
    expect(publishes).toEqual([
      { topic: large.topic, qos: 1, dup: false, retain: false, packetId: 9, payload: null },
      { topic: small.topic, qos: 1, dup: false, retain: false, packetId: 10, payload: '31' },
    ]);
  },
);

test('bytes that are no MQTT end the connection', () => {
  const malformed = expect.objectContaining({ code: 'MQTT_MALFORMED' });
  expect(() => scan(4, [Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x7f])])).toThrow(malformed);
  expect(() => scan(4, [Buffer.from([0x32, 4, 0, 9, 0x61, 0x61])])).toThrow(malformed);
  expect(() => scan(4, [Buffer.from([0x36, 4, 0, 0, 0, 1])])).toThrow(malformed);
  expect(() => scan(5, [Buffer.from([0x30, 4, 0, 1, 0x61, 9])])).toThrow(malformed);
  expect(() => scan(4, [Buffer.from([0x62, 0])])).toThrow(malformed);
});
