/** What the gateway owes a broker, packet by packet. */
import type { Packet } from 'mqtt-packet';
import { MillraceError } from '../../../../common/errors.js';
import type { ExternalBroker } from '../../../../gateway/mqtt/external/external-broker.js';
import { type TestGateway, testGateway } from '../../../support/external-broker.js';
import { freePorts } from '../../../support/free-ports.js';
import { poll } from '../../../support/poll.js';
import { publishPacket } from '../../../support/raw-mqtt.js';
import { ScriptedBroker } from '../../../support/scripted-broker.js';

let server: ScriptedBroker;
let gateway: TestGateway;
let broker: ExternalBroker | undefined;

const granted = (packet: Packet, code = 1) =>
  ({ cmd: 'suback', messageId: packet.messageId, granted: [code] }) as Packet;
const connack = (more: object) =>
  ({ cmd: 'connack', sessionPresent: false, reasonCode: 0, ...more }) as Packet;
const refusing = (v5: number) => (packet: Packet) =>
  packet.cmd === 'connect' ? [connack({ reasonCode: v5, returnCode: v5 })] : undefined;
const telemetry = (id: number, qos: 0 | 1 | 2 = 1, device = `d${id}`) =>
  publishPacket(`devices/${device}/telemetry`, `{"n":${id}}`, qos, qos === 0 ? undefined : id);

beforeEach(async () => {
  server = await ScriptedBroker.start();
  server.answer = (packet) => (packet.cmd === 'subscribe' ? [granted(packet)] : undefined);
  gateway = testGateway({ MQTT_URL: url() });
  broker = undefined;
});
afterEach(async () => {
  await broker?.close();
  await server.stop();
});

const url = () => `mqtt://127.0.0.1:${server.port}`;
const open = async () => {
  broker = await gateway.open();
  return broker;
};
const acknowledged = () => server.of('puback').map(({ messageId }) => messageId);
const appended = (count: number) =>
  poll(() => gateway.appended.length >= count, { what: `${count} appended messages` });

test('comes with a persistent session, a bound on what is in flight, and subscribes to its share', async () => {
  await open();
  expect(server.of('connect')[0]).toMatchObject({
    clientId: 'gateway',
    clean: false,
    protocolVersion: 5,
    properties: { sessionExpiryInterval: 604_800, receiveMaximum: 200 },
  });
  expect(server.of('subscribe')[0]!.subscriptions).toMatchObject([
    { topic: '$share/millrace/devices/+/telemetry', qos: 1, rh: 1 },
  ]);
  expect(broker!.health()).toEqual({ connected: true });
});

test('acknowledges when the stream has it, in the order of arrival, with many in flight', async () => {
  await open();
  for (let id = 1; id <= 50; id++) server.send(0, telemetry(id));
  await appended(50);
  expect(acknowledged()).toEqual([]);
  gateway.appended[1]!.done(null);
  gateway.appended[2]!.done(null);
  gateway.appended[0]!.done(null);
  await poll(() => acknowledged().length === 3);
  expect(acknowledged()).toEqual([1, 2, 3]);
});

test('what the stream did not take is not acknowledged: it comes again on the next connection', async () => {
  await open();
  server.send(0, telemetry(1));
  server.send(0, telemetry(2));
  await appended(2);
  gateway.appended[0]!.done(new MillraceError('no space', { code: 'DISK_FULL', canRetry: true }));
  await poll(() => server.of('subscribe').length === 4, { what: 'a second connection' });
  // Too late: by now a packet id may stand for another message.
  gateway.appended[1]!.done(null);
  server.send(1, telemetry(1));
  await appended(3);
  gateway.appended[2]!.done(null);
  await poll(() => acknowledged().length === 1);
  expect(acknowledged()).toEqual([1]);
  expect(gateway.errors[0]).toContain('no space');
});

test('QoS 2: stored once, received when the stream has it, complete when released', async () => {
  await open();
  server.answer = () => [];
  server.send(0, telemetry(7, 2));
  await appended(1);
  expect(server.of('pubrec')).toEqual([]);
  gateway.appended[0]!.done(null);
  await poll(() => server.of('pubrec').length === 1);
  server.send(0, telemetry(7, 2));
  await poll(() => server.of('pubrec').length === 2);
  server.send(0, { cmd: 'pubrel', messageId: 7 } as Packet);
  await poll(() => server.of('pubcomp').length === 1);
  expect(gateway.appended).toHaveLength(1);
});

test('QoS 2: an id of a session that the broker has forgotten stands for another message', async () => {
  await open();
  server.send(0, telemetry(7, 2));
  await appended(1);
  gateway.appended[0]!.done(null);
  await poll(() => server.of('pubrec').length === 1);
  server.hangUp();
  await poll(() => server.of('subscribe').length === 4);
  server.send(1, telemetry(7, 2));
  await appended(2);
});

test('what can never be stored is acknowledged, counted and told its publisher', async () => {
  await open();
  server.send(0, publishPacket('devices/d1/telemetry', '', 1, 1));
  server.send(0, publishPacket('devices/d2/telemetry', 'x'.repeat(1_001), 1, 2));
  server.send(0, publishPacket('devices/d3/telemetry', Buffer.alloc(5 << 20), 1, 3));
  server.send(0, publishPacket('devices/ d4/telemetry', '1', 1, 4));
  server.send(0, telemetry(5));
  await appended(1);
  gateway.appended[0]!.done(new MillraceError('too long', { code: 'MESSAGE_TOO_LARGE' }));
  await poll(() => acknowledged().length === 5);
  expect(gateway.counts()).toMatchObject({
    refused_payload_empty: 1,
    refused_payload_too_large: 2,
    refused_topic_unknown: 1,
    refused_message_too_large: 1,
  });
  await poll(() => server.of('publish').length === 4);
  const replies = server.of('publish').map(({ topic, payload }) => [topic, JSON.parse(`${payload}`).code]);
  expect(replies).toEqual([
    ['devices/d1/telemetry/rejected', 'PAYLOAD_EMPTY'],
    ['devices/d2/telemetry/rejected', 'PAYLOAD_TOO_LARGE'],
    ['devices/d3/telemetry/rejected', 'PAYLOAD_TOO_LARGE'],
    ['devices/d5/telemetry/rejected', 'MESSAGE_TOO_LARGE'],
  ]);
});

test('reads no more than the stream may owe, even of QoS 0', async () => {
  gateway = testGateway({ MQTT_URL: url() }, { receiveMaximum: 100 });
  await open();
  const flood = 200_000;
  for (let id = 1; id <= flood; id++) server.send(0, telemetry(1, 0));
  await appended(200);
  // One read may bring more than is wanted; what matters is that it does not go on.
  await poll(() => server.sockets[0]!.writableLength > 1 << 20, {
    what: 'the queue having come to the broker',
  });
  expect(gateway.appended.length).toBeLessThan(flood / 10);
  let settled = 0;
  await poll(
    () => {
      while (settled < gateway.appended.length) gateway.appended[settled++]!.done(null);
      return settled === flood;
    },
    { what: 'the rest having been read', intervalMs: 1 },
  );
});

test('speaks MQTT 3.1.1 to a broker that knows no other', async () => {
  server.answer = (packet) => {
    if (packet.cmd === 'subscribe') return [granted(packet)];
    if (packet.cmd === 'connect' && packet.protocolVersion === 5) return [connack({ reasonCode: 1 })];
    return undefined;
  };
  await open();
  expect(server.of('connect').map(({ protocolVersion }) => protocolVersion)).toEqual([5, 4]);
  server.send(1, telemetry(3));
  await appended(1);
  gateway.appended[0]!.done(null);
  await poll(() => acknowledged().length === 1);
  server.hangUp();
  await poll(() => server.of('connect').length === 3);
  expect(server.of('connect')[2]!.protocolVersion).toBe(4);
});

test('falls back to a plain subscription where shared ones are refused, and warns', async () => {
  server.answer = (packet) =>
    packet.cmd === 'subscribe'
      ? [granted(packet, packet.subscriptions[0]!.topic.startsWith('$share') ? 0x9e : 1)]
      : undefined;
  await open();
  expect(server.of('subscribe').map(({ subscriptions }) => subscriptions[0]!.topic)).toEqual([
    '$share/millrace/devices/+/telemetry',
    'devices/+/telemetry',
  ]);
  expect(gateway.warnings[0]).toContain('run this gateway alone');
});

test.each([
  ['MQTT_AUTH', 135],
  ['MQTT_AUTH', 134],
  ['MQTT_REFUSED', 136],
])('%s when the connection is refused with %i', async (code, reason) => {
  server.answer = refusing(reason);
  await expect(open()).rejects.toMatchObject({ code });
  await poll(() => server.sockets.every(({ destroyed }) => destroyed));
  expect(server.of('connect')).toHaveLength(1);
});

test('MQTT_SUBSCRIPTION_REFUSED, when neither subscription is allowed', async () => {
  server.answer = (packet) => (packet.cmd === 'subscribe' ? [granted(packet, 0x87)] : undefined);
  await expect(open()).rejects.toMatchObject({ code: 'MQTT_SUBSCRIPTION_REFUSED' });
});

test('MQTT_UNREACHABLE when nothing listens', async () => {
  const [port] = await freePorts(1);
  gateway = testGateway({ MQTT_URL: `mqtt://user:secret@127.0.0.1:${port}` });
  const error = await open().catch((error: MillraceError) => error);
  expect(error).toMatchObject({ code: 'MQTT_UNREACHABLE', hint: expect.stringContaining('Nothing listens') });
  expect((error as MillraceError).message).not.toContain('secret');
});

test('publishes wait for the broker to come back, and go out once it has', async () => {
  await open();
  server.answer = (packet) =>
    packet.cmd === 'publish' ? [] : packet.cmd === 'subscribe' ? [granted(packet)] : undefined;
  const sent = broker!.send({ topic: 'alerts/x', payload: Buffer.from('1'), qos: 1, retain: true });
  await poll(() => server.of('publish').length === 1);
  server.answer = (packet) => (packet.cmd === 'subscribe' ? [granted(packet)] : undefined);
  server.hangUp();
  await sent;
  expect(server.of('publish').map(({ topic, retain }) => [topic, retain])).toEqual([
    ['alerts/x', true],
    ['alerts/x', true],
  ]);
});

test('keeps to the limits that the broker names', async () => {
  server.answer = (packet) => {
    if (packet.cmd === 'subscribe') return [granted(packet)];
    if (packet.cmd === 'publish') return [];
    return packet.cmd === 'connect'
      ? [connack({ properties: { receiveMaximum: 2, maximumPacketSize: 500, retainAvailable: false } })]
      : undefined;
  };
  await open();
  const large = { topic: 'alerts/x', payload: Buffer.alloc(600), qos: 1, retain: false } as const;
  await expect(broker!.send(large)).rejects.toMatchObject({ code: 'MQTT_TOO_LARGE', canRetry: false });
  const sent = ['a', 'b', 'c'].map((topic) =>
    broker!.send({ topic, payload: Buffer.from('1'), qos: 1, retain: true }),
  );
  await poll(() => server.of('publish').length === 2);
  for (const { messageId } of server.of('publish')) server.send(0, { cmd: 'puback', messageId } as Packet);
  await poll(() => server.of('publish').length === 3);
  expect(server.of('publish').map(({ topic, retain }) => [topic, retain])).toEqual([
    ['a', false],
    ['b', false],
    ['c', false],
  ]);
  const refused = expect(sent[2]).rejects.toMatchObject({ code: 'MQTT_PUBLISH_REFUSED', canRetry: false });
  server.send(0, { cmd: 'puback', messageId: server.of('publish')[2]!.messageId, reasonCode: 135 } as Packet);
  await refused;
  await Promise.all(sent.slice(0, 2));
});

test('stops cleanly: finishes and acknowledges what it has, takes nothing more, says goodbye', async () => {
  await open();
  server.send(0, telemetry(1));
  await appended(1);
  const stopping = broker!.stopTaking();
  server.send(0, telemetry(2));
  gateway.appended[0]!.done(null);
  await stopping;
  await broker!.close();
  expect(acknowledged()).toEqual([1]);
  expect(gateway.appended).toHaveLength(1);
  await poll(() => server.of('disconnect').length === 1);
  expect(server.of('unsubscribe')).toEqual([]);
  expect(server.sockets).toHaveLength(1);
});

test('closes at once while the broker is away, or does not answer', async () => {
  await open();
  server.answer = () => [];
  server.hangUp();
  await poll(() => server.of('connect').length === 2, { what: 'a second attempt' });
  const unsent = expect(
    broker!.send({ topic: 'a', payload: Buffer.from('1'), qos: 1, retain: false }),
  ).rejects.toMatchObject({ code: 'MQTT_UNSENT' });
  await broker!.stopTaking();
  await broker!.close();
  await unsent;
  await poll(() => server.sockets.every(({ destroyed }) => destroyed), { what: 'no connection being left' });
});

test.each([
  ['session', false, 0],
  ['subscriptions', true, 17],
  ['nothing', true, 0],
])('tells when the broker has forgotten: %s', async (what, sessionPresent, reason) => {
  let connects = 0;
  server.answer = (packet) => {
    if (packet.cmd === 'subscribe') return [granted(packet)];
    if (packet.cmd === 'unsubscribe') {
      return [{ cmd: 'unsuback', messageId: packet.messageId, granted: [reason] } as unknown as Packet];
    }
    return packet.cmd === 'connect'
      ? [connack({ sessionPresent: connects++ > 0 && sessionPresent })]
      : undefined;
  };
  await open();
  server.hangUp();
  await poll(() => connects === 2 && broker!.health().connected, { what: 'the second connection' });
  const forgotten = Object.keys(gateway.counts()).filter((name) => name.startsWith('broker_forgot'));
  expect(forgotten).toEqual(what === 'nothing' ? [] : [`broker_forgot_${what}`]);
});

test('who only sends has left nothing at the broker to be forgotten', async () => {
  const sender = testGateway({ MQTT_URL: `mqtt://127.0.0.1:${server.port}` }, { telemetryTopics: [] });
  broker = await sender.open();
  server.hangUp();
  await poll(() => server.of('connect').length === 2 && broker!.health().connected, {
    what: 'the second connection',
  });
  expect(server.of('subscribe')).toEqual([]);
  expect(Object.keys(sender.counts()).filter((name) => name.startsWith('broker_forgot'))).toEqual([]);
});

test('tells why the broker is away, and that it is back', async () => {
  await open();
  const takenOver = { cmd: 'disconnect', reasonCode: 142 } as Packet;
  server.send(0, takenOver);
  server.hangUp();
  await poll(() => !broker!.health().connected);
  expect(broker!.health()).toMatchObject({
    code: 'MQTT_TAKEN_OVER',
    hint: expect.stringContaining('MQTT_CLIENT_ID'),
  });
  expect(broker!.connectedClients).toBe(0);
  await poll(() => broker!.health().connected);
  expect(broker!.health()).toEqual({ connected: true });
});
