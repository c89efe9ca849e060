import { EventEmitter } from 'node:events';
import type { MqttClient } from 'mqtt';
import type { Publication } from '../../simulators/publication.js';
import { Sender } from '../../simulators/sender.js';
import { settle } from '../support/virtual-clock.js';

type Done = (error?: Error) => void;

/** As much of mqtt.js as a sender uses; acknowledges when told to. */
class FakeClient extends EventEmitter {
  connected = true;
  disconnecting = false;
  readonly options = { protocolVersion: 4 };
  readonly publishes: { topic: string; options: object; done: Done }[] = [];
  publish(topic: string, _payload: unknown, options: object, done: Done): void {
    this.publishes.push({ topic, options, done });
  }
  acknowledge(error?: Error): void {
    this.publishes.shift()!.done(error);
  }
}

function setUp(signal?: AbortSignal) {
  const client = new FakeClient();
  const sender = new Sender(client as unknown as MqttClient, signal);
  const send = (more: Partial<Publication> = {}) =>
    sender.publish({
      ...{ topic: 't', payload: 'x', qos: 1, retain: false, omitted: 0, isUnshifted: false },
      ...more,
    });
  return { client, sender, send };
}

/** Whether the promise is still open once everything else has run. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  promise.then(
    () => (pending = false),
    () => (pending = false),
  );
  await settle();
  return pending;
}

describe('a sender', () => {
  test('lets a thousand messages wait for their acknowledgement, and no more', async () => {
    const { client, sender, send } = setUp();
    for (let i = 0; i < 1000; i++) {
      await sender.room();
      send();
    }
    const room = sender.room();
    expect(await isPending(room)).toBe(true);
    client.acknowledge();
    expect(await isPending(room)).toBe(false);
    expect([sender.sent, sender.acknowledged, sender.outstanding]).toEqual([1000, 1, 999]);
  });

  test('lets 16 MiB wait, one message at least', async () => {
    const { client, sender, send } = setUp();
    send({ payload: Buffer.alloc(20 << 20) });
    const room = sender.room();
    expect(await isPending(room)).toBe(true);
    client.acknowledge();
    expect(await isPending(room)).toBe(false);
  });

  test('does not wait once it is to end', async () => {
    const abort = new AbortController();
    const { sender, send } = setUp(abort.signal);
    send({ payload: Buffer.alloc(20 << 20) });
    const room = sender.room();
    abort.abort();
    expect(await isPending(room)).toBe(false);
  });

  test('counts what failed, with its reason', async () => {
    const { client, sender, send } = setUp();
    for (let i = 0; i < 3; i++) send();
    client.acknowledge(new Error('quota'));
    client.acknowledge(new Error('quota'));
    client.acknowledge();
    await sender.drain(1000);
    expect([sender.failed, sender.acknowledged, [...sender.errors]]).toEqual([2, 1, [['quota', 2]]]);
  });

  test('leaves out what MQTT 5 alone knows when it speaks 3.1.1', () => {
    const { client, send } = setUp();
    send({ properties: { contentType: 'x' }, retain: true });
    expect(client.publishes[0]!.options).toEqual({ qos: 1, retain: true });
    client.options.protocolVersion = 5;
    send({ properties: { contentType: 'x' } });
    expect(client.publishes[1]!.options).toMatchObject({ properties: { contentType: 'x' } });
  });

  test('gives up on a broker that closes every connection, naming the first topic', async () => {
    const { client, sender, send } = setUp();
    send({ topic: 'good' });
    send({ topic: 'forbidden' });
    send({ topic: 'another' });
    const drain = sender.drain(60_000);
    for (let i = 0; i < 3; i++) {
      if (i === 0) client.acknowledge();
      client.emit('close');
      client.emit('close'); // of an attempt that failed
      client.emit('packetreceive', { cmd: 'connack' });
    }
    await expect(drain).rejects.toMatchObject({
      code: 'REPLAY_REFUSED',
      message: expect.stringContaining('forbidden'),
    });
    await expect(sender.room()).rejects.toMatchObject({ code: 'REPLAY_REFUSED' });
    expect(sender.errors.get('the connection was lost')).toBe(3);
  });

  test('goes on when connections are lost but bring something', async () => {
    const { client, sender, send } = setUp();
    for (let i = 0; i < 6; i++) send();
    for (let i = 0; i < 6; i++) {
      client.emit('close');
      client.emit('packetreceive', { cmd: 'connack' });
      client.acknowledge();
    }
    await sender.drain(1000);
    expect(sender.acknowledged).toBe(6);
  });
});
