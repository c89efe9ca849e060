/** Notifications through a server of SNS: moto's, with a subscriber over HTTP. */
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { webhookDocument } from '../../functions/deliver/formats/webhook.js';
import { createSnsSender } from '../../functions/deliver/senders/sns.js';
import type { SnsTarget } from '../../functions/dispatch/config/types.js';
import { documentOf, receiver } from '../functions/deliver/support.js';
import { CREDENTIALS, type Emulator, emulatorCanRun, startEmulator } from '../support/kinesis.js';
import { poll } from '../support/poll.js';
import { requireService } from '../support/services.js';

const describeMoto = await requireService('moto', () => emulatorCanRun('moto'));
const REGION = 'eu-west-1';

describeMoto('SNS', () => {
  let emulator: Emulator;
  let client: SNSClient;
  const variables = { ...process.env };
  beforeAll(async () => {
    process.env.AWS_ACCESS_KEY_ID = CREDENTIALS.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = CREDENTIALS.secretAccessKey;
    emulator = await startEmulator('moto');
    client = new SNSClient({ region: REGION, endpoint: emulator.endpoint, credentials: CREDENTIALS });
  }, 120_000);
  afterAll(async () => {
    client.destroy();
    process.env = variables;
    await emulator.dispose();
  });

  const targetOf = (topicArn: string, endpoint = emulator.endpoint): SnsTarget => ({
    id: 'ops/sns/0',
    kind: 'sns',
    timeoutMs: 10_000,
    sendResolved: true,
    maxAlerts: 100,
    topicArn,
    region: REGION,
    endpoint,
  });
  const attempting = (signal = new AbortController().signal) => ({
    signal,
    now: 0,
    publicText: (text: string) => text,
  });
  const topicNamed = async (name: string) =>
    (await client.send(new CreateTopicCommand({ Name: name }))).TopicArn!;

  test('subscribers get the document and its subject, and can filter by its attributes', async () => {
    const subscriber = await receiver();
    const topicArn = await topicNamed('alerts');
    const other = await receiver();
    const subscribe = (endpoint: string, severity: string) =>
      client.send(
        new SubscribeCommand({
          TopicArn: topicArn,
          Protocol: 'http',
          Endpoint: endpoint,
          Attributes: { FilterPolicy: JSON.stringify({ severity: [severity], id: ['n1'] }) },
        }),
      );
    await subscribe(other.url, 'info');
    await subscribe(subscriber.url, 'critical');
    const document = documentOf('n1');
    const outcome = await createSnsSender()(document, targetOf(topicArn), attempting());
    expect(outcome).toEqual({ kind: 'delivered', status: 200, note: null });
    const { body } = await poll(() => subscriber.received.find((one) => one.body.Type === 'Notification'));
    expect(JSON.parse(String(body.Message))).toEqual(webhookDocument(document));
    expect(body.Subject).toBe('[FIRING:1] TooWarm site=north');
    expect(other.received.filter((one) => one.body.Type === 'Notification')).toEqual([]);
  });

  test('a topic that is not there is refused; a server that is not there may come', async () => {
    const topicArn = await topicNamed('others');
    const gone = topicArn.replace(/others$/, 'gone');
    const send = createSnsSender();
    const refusal = await send(documentOf('n1'), targetOf(gone), attempting());
    expect(refusal).toMatchObject({ kind: 'refused', status: 404 });
    const nobody = targetOf(topicArn, 'http://127.0.0.1:9');
    expect(await send(documentOf('n1'), nobody, attempting())).toMatchObject({
      kind: 'failed',
      status: null,
    });
  });

  test('a server that hangs is left when the attempt is aborted', async () => {
    const hanging = await receiver((_response) => undefined);
    const late = new AbortController();
    const target = targetOf('arn:aws:sns:eu-west-1:123456789012:alerts', hanging.url);
    const sending = createSnsSender()(documentOf('n1'), target, attempting(late.signal));
    await poll(() => hanging.begun() > 0);
    late.abort();
    expect(await sending).toMatchObject({ kind: 'failed', error: 'no answer in time' });
  });
});
