import type { KinesisStreamEvent } from 'aws-lambda';
import fc from 'fast-check';
import { envelopeOf, frameIn } from '../../../adapters/aws/envelope.js';
import type { HttpApiEvent } from '../../../adapters/aws/http.js';
import { type LambdaContext, lambdaHandler } from '../../../adapters/aws/lambda.js';
import type { EntryPoints, Platform } from '../../../functions/contract.js';
import { type Batch, lastOffset, offsetAt, recordsOf } from '../../../streams/batch.js';
import { FrameWriter, type NewRecord, RecordKind } from '../../../streams/record.js';

const context: LambdaContext = {
  functionName: 'alert',
  awsRequestId: 'request-1',
  getRemainingTimeInMillis: () => 1234,
};
const platform = {} as Platform;
const handlerOf = (entry: EntryPoints) =>
  lambdaHandler(
    () => entry,
    () => platform,
  );

const event: NewRecord = {
  kind: RecordKind.received,
  arrivalTime: 1_763_726_400_123.5,
  key: 'dev-ü',
  value: Buffer.from('{"a":1}'),
  headers: { contentType: 'application/json' },
};
const tick: NewRecord = { kind: RecordKind.tick, arrivalTime: 42, key: '', value: Buffer.alloc(0) };

const FIRST = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;

function kinesis(...records: { shard?: number; sequence: bigint; data: Uint8Array }[]): KinesisStreamEvent {
  return {
    Records: records.map(({ shard = 2, sequence, data }) => ({
      awsRegion: 'eu-west-1',
      eventID: `shardId-${String(shard).padStart(12, '0')}:${sequence}`,
      eventName: 'aws:kinesis:record',
      eventSource: 'aws:kinesis',
      eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/telemetry',
      eventVersion: '1.0',
      invokeIdentityArn: 'arn:aws:iam::123456789012:role/r',
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: 'dev-foreign',
        sequenceNumber: sequence.toString(),
        data: Buffer.from(data).toString('base64'),
        approximateArrivalTimestamp: 1_763_726_400.5,
      },
    })),
  };
}

describe('Kinesis', () => {
  test('records keep kind, arrival time, key, headers and value; offsets are the sequence numbers', async () => {
    const batches: Batch[] = [];
    const handler = handlerOf({
      process: async (batch) => {
        batches.push(batch);
        return { batchItemFailures: [] };
      },
    });
    const answer = await handler(
      kinesis(
        { sequence: FIRST, data: envelopeOf(event) },
        { sequence: FIRST + 7n, data: envelopeOf(tick) },
        { sequence: FIRST + 19n, data: Buffer.from('not ours') },
      ),
      context,
    );
    expect(answer).toEqual({ batchItemFailures: [] });
    const [batch] = batches as [Batch];
    expect(batch).toMatchObject({ stream: 'telemetry', partition: 2, baseOffset: FIRST, count: 3 });
    expect([0, 1, 2].map((index) => offsetAt(batch, index))).toEqual([FIRST, FIRST + 7n, FIRST + 19n]);
    expect(lastOffset(batch)).toBe(FIRST + 19n);
    expect([...recordsOf(batch)]).toEqual([
      { ...event, partition: 2, offset: FIRST },
      { ...tick, partition: 2, offset: FIRST + 7n },
      {
        kind: RecordKind.acknowledged,
        arrivalTime: 1_763_726_400_500,
        key: 'dev-foreign',
        value: Buffer.from('not ours'),
        partition: 2,
        offset: FIRST + 19n,
      },
    ]);
  });

  test('the local path and this one hand over the same frames', async () => {
    const local = new FrameWriter();
    local.write(event);
    local.write(tick);
    let frames: Buffer = Buffer.alloc(0);
    await handlerOf({
      process: async (batch) => {
        frames = batch.frames;
        return { batchItemFailures: [] };
      },
    })(kinesis({ sequence: 1n, data: envelopeOf(event) }, { sequence: 2n, data: envelopeOf(tick) }), context);
    expect(frames.equals(local.take())).toBe(true);
  });

  test('failures come back by sequence number, from every shard', async () => {
    const handler = handlerOf({
      process: async (batch) => ({ batchItemFailures: [lastOffset(batch)] }),
    });
    const data = envelopeOf(event);
    const answer = await handler(
      kinesis({ sequence: FIRST, data }, { sequence: 5n, data, shard: 0 }, { sequence: FIRST + 3n, data }),
      context,
    );
    expect(answer).toEqual({
      batchItemFailures: [{ itemIdentifier: (FIRST + 3n).toString() }, { itemIdentifier: '5' }],
    });
  });

  test('a rejection is let through', async () => {
    const handler = handlerOf({ process: () => Promise.reject(new Error('store down')) });
    await expect(handler(kinesis({ sequence: 1n, data: envelopeOf(event) }), context)).rejects.toThrow(
      'store down',
    );
  });

  test('bytes that are no sound envelope are nobody’s frame', () => {
    const whole = envelopeOf(event);
    expect(frameIn(whole)).toBeDefined();
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => frameIn(whole.subarray(0, length)) === undefined),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (tail) => {
        // Whatever follows the marker, it is refused or can be walked to its end.
        const frame = frameIn(Buffer.concat([whole.subarray(0, 4), tail]));
        if (frame === undefined) return;
        const batch = { stream: 's', partition: 0, baseOffset: 0n, count: 1, frames: frame };
        expect([...recordsOf(batch)]).toHaveLength(1);
      }),
    );
  });
});

describe('schedules', () => {
  test('the run is told the moment that was due', async () => {
    const times: number[] = [];
    const handler = handlerOf({
      scheduled: async ({ time }, { functionName, requestId, remainingTimeMs }) => {
        times.push(time);
        expect([functionName, requestId, remainingTimeMs()]).toEqual(['alert', 'request-1', 1234]);
      },
    });
    expect(await handler({ source: 'aws.events', time: '2026-11-21T12:00:00Z' }, context)).toBeUndefined();
    expect(times).toEqual([Date.parse('2026-11-21T12:00:00Z')]);
    await expect(handler({ source: 'aws.events', time: '' }, context)).rejects.toMatchObject({
      code: 'LAMBDA_EVENT_INVALID',
    });
  });
});

describe('HTTP API', () => {
  const request = (changes: Partial<HttpApiEvent> = {}): HttpApiEvent => ({
    version: '2.0',
    rawPath: '/devices/a%20b',
    rawQueryString: 'metric=t&metric=h',
    headers: { accept: 'text/plain', 'if-none-match': '"x"' },
    requestContext: { domainName: 'api.example', http: { method: 'GET' }, stage: '$default' },
    ...changes,
  });

  test('event in, request out; response in, answer out', async () => {
    const handler = handlerOf({
      fetch: async (incoming) => {
        const headers = new Headers({ 'content-type': 'application/json', etag: '"y"' });
        headers.append('set-cookie', 'a=1');
        headers.append('set-cookie', 'b=2');
        const { url, method } = incoming;
        const body = JSON.stringify({ url, method, cookie: incoming.headers.get('cookie'), é: true });
        return new Response(body, { status: 201, headers });
      },
    });
    expect(await handler(request({ cookies: ['c=3', 'd=4'] }), context)).toEqual({
      statusCode: 201,
      headers: { 'content-type': 'application/json', etag: '"y"' },
      cookies: ['a=1', 'b=2'],
      body: '{"url":"https://api.example/devices/a%20b?metric=t&metric=h","method":"GET","cookie":"c=3; d=4","é":true}',
      isBase64Encoded: false,
    });
  });

  test('bodies, base64 both ways', async () => {
    const bytes = Buffer.from([0, 255, 128]);
    const handler = handlerOf({
      fetch: async (incoming) =>
        new Response(await incoming.arrayBuffer(), { headers: { 'content-type': 'image/png' } }),
    });
    const answer = await handler(
      request({
        body: bytes.toString('base64'),
        isBase64Encoded: true,
        requestContext: { domainName: 'api.example', http: { method: 'POST' } },
      }),
      context,
    );
    expect(answer).toMatchObject({ body: bytes.toString('base64'), isBase64Encoded: true });
  });

  test('a named stage is no part of the path; 304 has no body', async () => {
    const handler = handlerOf({
      fetch: async ({ url }) => {
        expect(new URL(url).pathname).toBe('/devices');
        return new Response(null, { status: 304 });
      },
    });
    const answer = await handler(
      request({
        rawPath: '/prod/devices',
        requestContext: { domainName: 'api.example', http: { method: 'GET' }, stage: 'prod' },
      }),
      context,
    );
    expect(answer).toEqual({ statusCode: 304, headers: {}, body: '', isBase64Encoded: false });
  });
});

describe('environment', () => {
  const scheduled = { source: 'aws.events', time: '2026-11-21T12:00:00Z' } as const;

  test('create runs once, and again only after it failed', async () => {
    let creates = 0;
    const handler = lambdaHandler(
      () => {
        if (++creates === 1) throw new Error('cold start failed');
        return { scheduled: async () => {} };
      },
      () => platform,
    );
    await expect(handler(scheduled, context)).rejects.toThrow('cold start failed');
    await handler(scheduled, context);
    await handler(scheduled, context);
    expect(creates).toBe(2);
  });

  test('a function without the entry point says so', async () => {
    await expect(handlerOf({})(scheduled, context)).rejects.toMatchObject({ code: 'LAMBDA_EVENT_INVALID' });
  });

  test('without a platform, the error says what to do', async () => {
    await expect(lambdaHandler(() => ({}))(scheduled, context)).rejects.toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      hint: expect.any(String),
    });
  });
});
