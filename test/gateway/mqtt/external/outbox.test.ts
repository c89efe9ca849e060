import { MillraceError } from '../../../../common/errors.js';
import type { MqttMessage } from '../../../../functions/contract.js';
import { Outbox, type OutgoingChannel } from '../../../../gateway/mqtt/external/outbox.js';
import { virtualTimers } from '../../../support/virtual-timers.js';

const away = new MillraceError('the broker is away', {
  code: 'MQTT_UNREACHABLE',
  canRetry: true,
  hint: 'wait',
});

function message(topic: string): MqttMessage {
  return { topic, payload: Buffer.from('x'), qos: 1, retain: false };
}

function channelOf(window: number) {
  const sent: { topic: string; done: (error: MillraceError | null) => void }[] = [];
  const channel: OutgoingChannel = { window, publish: ({ topic }, done) => sent.push({ topic, done }) };
  return { channel, sent, topics: () => sent.map(({ topic }) => topic) };
}

function outbox(maxWaiting = 100) {
  const timers = virtualTimers();
  return { timers, box: new Outbox({ timers, timeoutMs: 1_000, maxWaiting, maxWaitingBytes: 1_000 }) };
}

test('sends in order, no more at a time than the broker allows', async () => {
  const { box } = outbox();
  const { channel, sent, topics } = channelOf(2);
  box.attach(channel);
  const results = ['a', 'b', 'c'].map((topic) => box.send(message(topic)));
  expect(topics()).toEqual(['a', 'b']);
  sent[1]!.done(null);
  expect(topics()).toEqual(['a', 'b', 'c']);
  sent[0]!.done(null);
  sent[2]!.done(null);
  await Promise.all(results);
  await box.untilIdle();
});

test('what a lost connection leaves goes out first on the next one; late answers of the old one count for nothing', async () => {
  const { box } = outbox();
  const old = channelOf(2);
  box.attach(old.channel);
  const results = ['a', 'b', 'c'].map((topic) => box.send(message(topic)));
  box.detach(away);
  old.sent[0]!.done(null);
  const next = channelOf(10);
  box.attach(next.channel);
  expect(next.topics()).toEqual(['a', 'b', 'c']);
  for (const { done } of next.sent) done(null);
  await Promise.all(results);
});

test('waits so long for the broker and no longer, and says why', async () => {
  const { box, timers } = outbox();
  box.detach(away);
  const first = box.send(message('a'));
  const failed = expect(first).rejects.toMatchObject({ code: 'MQTT_UNSENT', canRetry: true, hint: 'wait' });
  await timers.advance(600);
  const second = box.send(message('b'));
  await timers.advance(600);
  await failed;
  const { channel, topics, sent } = channelOf(10);
  box.attach(channel);
  expect(topics()).toEqual(['b']);
  sent[0]!.done(null);
  await second;
  expect(timers.waiting).toBeLessThanOrEqual(1);
});

test('one in flight that takes too long keeps its place until the connection ends, and is not sent again', async () => {
  const { box, timers } = outbox();
  const { channel } = channelOf(1);
  box.attach(channel);
  const results = Promise.allSettled(['a', 'b'].map((topic) => box.send(message(topic))));
  await timers.advance(1_000);
  expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(box.waiting).toBe(1);
  box.detach(away);
  expect(box.waiting).toBe(0);
});

test('refuses what is beyond its bounds at once', async () => {
  const { box } = outbox(2);
  const waiting = Promise.allSettled([box.send(message('a')), box.send(message('b'))]);
  await expect(box.send(message('c'))).rejects.toMatchObject({ code: 'MQTT_OUTBOX_FULL', canRetry: true });
  const large = { ...message('d'), payload: Buffer.alloc(2_000) };
  await expect(outbox().box.send(large)).rejects.toMatchObject({ code: 'MQTT_OUTBOX_FULL' });
  box.close();
  expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('passes on what the broker says to a single message', async () => {
  const { box } = outbox();
  const { channel, sent } = channelOf(1);
  box.attach(channel);
  const refused = expect(box.send(message('a'))).rejects.toMatchObject({ code: 'MQTT_PUBLISH_REFUSED' });
  sent[0]!.done(new MillraceError('no', { code: 'MQTT_PUBLISH_REFUSED' }));
  await refused;
});
