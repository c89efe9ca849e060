import mqttPacket from 'mqtt-packet';
import { DevicePackets, deviceIdOf, deviceIndexOf, EventKind, kindOf } from '../../bench/driver/workload.js';
import { encodeLength, PacketScanner, puback, publishTemplate } from '../../simulators/drivers/packets.js';

function parse(bytes: Buffer): mqttPacket.Packet[] {
  const packets: mqttPacket.Packet[] = [];
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  parser.on('packet', (packet) => packets.push(packet));
  parser.on('error', (error: Error) => {
    throw error;
  });
  parser.parse(bytes);
  return packets;
}

describe('packets of the load driver', () => {
  test.each([0, 1, 127, 128, 16_383, 16_384, 200_000])(
    'a payload of %i bytes is what mqtt-packet makes',
    (size) => {
      const payload = Buffer.alloc(size, 'x');
      const { packet, messageIdAt } = publishTemplate('devices/ä/telemetry', payload);
      packet.writeUInt16BE(4711, messageIdAt);
      const expected = mqttPacket.generate({
        cmd: 'publish',
        topic: 'devices/ä/telemetry',
        payload,
        qos: 1,
        dup: false,
        retain: false,
        messageId: 4711,
      });
      expect(packet.equals(expected)).toBe(true);
    },
  );

  test('a PUBACK is what mqtt-packet makes', () => {
    expect(puback(0x1234).equals(mqttPacket.generate({ cmd: 'puback', messageId: 0x1234 }))).toBe(true);
  });

  test('a length takes as many bytes as it needs', () => {
    expect(encodeLength(321)).toEqual([0xc1, 0x02]);
    expect(encodeLength(268_435_455)).toEqual([0xff, 0xff, 0xff, 0x7f]);
  });

  test.each([1, 2, 3, 7, 1000])('packets are found in chunks of %i bytes', (size) => {
    const stream = Buffer.concat([
      puback(1),
      publishTemplate('alerts/x', Buffer.alloc(300, 'y')).packet,
      mqttPacket.generate({ cmd: 'pingresp' }),
      puback(2),
    ]);
    const found: string[] = [];
    const scanner = new PacketScanner((type, flags, _bytes, start, end) =>
      found.push(`${type}/${flags}/${end - start}`),
    );
    const chunk = Buffer.alloc(size);
    for (let at = 0; at < stream.length; at += size) {
      // The driver's sockets reuse their read buffer too.
      const length = stream.copy(chunk, 0, at, at + size);
      scanner.push(chunk.subarray(0, length));
    }
    expect(found).toEqual(['4/0/2', '3/2/312', '13/0/0', '4/0/2']);
  });
});

describe('workload of the load driver', () => {
  test('an event is a valid publish with the time, number and temperature asked for', () => {
    const packets = new DevicePackets(42);
    const bytes = Buffer.alloc(packets.byteLength + 3);
    expect(packets.write(bytes, 3, 513, 1, 10_000_001, 1_700_000_000_123)).toBe(EventKind.normal);
    const [packet] = parse(bytes.subarray(3)) as [mqttPacket.IPublishPacket];
    expect(packet).toMatchObject({
      cmd: 'publish',
      qos: 1,
      messageId: 513,
      topic: 'devices/bench-0042/telemetry',
    });
    const event = JSON.parse(packet.payload.toString()) as Record<string, number>;
    expect(event).toMatchObject({ deviceId: 'bench-0042', ts: 1_700_000_000_123, seq: 10_000_001 });
    expect(event.temperature).toBeLessThan(30);
    expect(packet.payload.length).toBeGreaterThan(140);
    expect(packet.payload.length).toBeLessThan(160);
  });

  test('kinds come in their shares, and hot events stand alone', () => {
    for (const device of [0, 1, 2, 499, 999]) {
      const kinds = Array.from({ length: 4000 }, (_, index) => kindOf(device, index));
      const count = (...wanted: EventKind[]) => kinds.filter((kind) => wanted.includes(kind)).length;
      expect(count(EventKind.hot)).toBe(40);
      expect(count(EventKind.brokenJson, EventKind.wrongType)).toBe(20);
      expect(count(EventKind.brokenJson)).toBe(10);
      expect(kinds[0]).not.toBe(EventKind.hot);
      for (let i = 1; i < kinds.length; i++) {
        if (kinds[i] === EventKind.hot) expect(kinds[i - 1]).toBe(EventKind.normal);
      }
    }
  });

  test('hot events are above the threshold, malformed ones are not events', () => {
    const packets = new DevicePackets(7);
    const bytes = Buffer.alloc(packets.byteLength);
    const seen = new Set<EventKind>();
    for (let index = 0; index < 400; index++) {
      const kind = packets.write(bytes, 0, 1, index, 10_000_000 + index, 1_700_000_000_000);
      expect(kind).toBe(kindOf(7, index));
      seen.add(kind);
      const [packet] = parse(bytes) as [mqttPacket.IPublishPacket];
      const text = packet.payload.toString();
      if (kind === EventKind.brokenJson) {
        expect(() => JSON.parse(text)).toThrow(SyntaxError);
        continue;
      }
      const { temperature } = JSON.parse(text) as { temperature: unknown };
      if (kind === EventKind.wrongType) expect(temperature).toBe('hot');
      else expect((temperature as number) > 80).toBe(kind === EventKind.hot);
    }
    expect(seen.size).toBe(4);
  });

  test('device ids go both ways', () => {
    for (const device of [0, 9, 999, 12_345]) expect(deviceIndexOf(deviceIdOf(device))).toBe(device);
    expect(deviceIndexOf('sim-1-0')).toBe(-1);
  });
});
