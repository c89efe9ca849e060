import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import type { DestinationSettings } from '../../../common/settings.js';
import type { OutgoingRecord } from '../../../functions/contract.js';
import { createLineFile } from '../../../runtime/destinations/line-file.js';
import { type DestinationDeps, openDestination } from '../../../runtime/destinations/open.js';
import { ANSWER_TIMEOUT_MS, ATTEMPTS, createWebhook } from '../../../runtime/destinations/webhook.js';
import { virtualTimers } from '../../support/virtual-timers.js';

const DOCUMENT = { requestContext: { functionArn: 'arn:aws:lambda:eu-west-1:1:function:alert' }, n: 1 };
const log = pino({ level: 'silent' });

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-destinations-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const lines = async (path: string) => (await readFile(join(dataDir, path), 'utf8')).split('\n').slice(0, -1);

function open(settings: DestinationSettings, deps: Partial<DestinationDeps> = {}) {
  const append = async () => {
    throw new Error('not asked for');
  };
  return openDestination(
    { name: 'dead', arn: 'arn:aws:sqs:eu-west-1:1:dead', settings },
    { append, dataDir, log, timers: virtualTimers(), time: () => 1_700_000_000_000, ...deps },
  );
}

test('a destination has the name and ARN of what it stands for', () => {
  const destination = open({ file: 'x', payload: true });
  expect(destination).toMatchObject({
    name: 'dead',
    arn: 'arn:aws:sqs:eu-west-1:1:dead',
    wantsPayload: true,
  });
});

test('a stream gets the document under the function’s name', async () => {
  const appended: [string, readonly OutgoingRecord[]][] = [];
  const destination = open(
    { stream: 'failed', payload: false },
    { append: async (stream, records) => void appended.push([stream, records]) },
  );
  await destination.send(DOCUMENT);
  const [[stream, [record]]] = appended as [[string, [OutgoingRecord]]];
  expect(stream).toBe('failed');
  expect(record).toMatchObject({ key: 'alert', arrivalTime: 1_700_000_000_000, kind: 0 });
  expect(JSON.parse(Buffer.from(record.value).toString())).toEqual(DOCUMENT);
});

describe('a file', () => {
  test('gets one line per document, in a folder that is made', async () => {
    const destination = open({ file: 'some/where/dead.ndjson', payload: false });
    await destination.send({ n: 1 });
    await Promise.all([2, 3, 4].map((n) => destination.send({ n, text: 'two\nlines' })));
    const written = await lines('some/where/dead.ndjson');
    expect(written.map((line) => JSON.parse(line).n)).toEqual([1, 2, 3, 4]);
  });

  test('takes up again behind a line that was cut short', async () => {
    await writeFile(join(dataDir, 'dead.ndjson'), '{"n":1}\n{"n":');
    await open({ file: 'dead.ndjson', payload: false }).send({ n: 3 });
    expect(await lines('dead.ndjson')).toEqual(['{"n":1}', '{"n":', '{"n":3}']);
  });

  test('that cannot be written says so, and that it may pass', async () => {
    await writeFile(join(dataDir, 'taken'), '');
    const destination = open({ file: 'taken/dead.ndjson', payload: false });
    await expect(destination.send({})).rejects.toMatchObject({
      code: 'DESTINATION_UNWRITABLE',
      canRetry: true,
    });
    await rm(join(dataDir, 'taken'));
    await destination.send({ n: 1 });
    expect(await lines('taken/dead.ndjson')).toEqual(['{"n":1}']);
  });
});

describe('a webhook', () => {
  test('gets the document as JSON', async () => {
    const received: [string | undefined, string][] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        received.push([request.headers['content-type'], body]);
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/failed`;
      await open({ webhook: url, payload: false }).send(DOCUMENT);
      expect(received).toEqual([['application/json', JSON.stringify(DOCUMENT)]]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  /** @param answers statuses, `null` for a connection that fails, `'never'` for no answer; the last one repeats */
  function webhook(...answers: readonly (number | null | 'never')[]) {
    const timers = virtualTimers();
    const sent: number[] = [];
    const fetch = (_url: unknown, init?: RequestInit) => {
      const answer = answers[Math.min(sent.length, answers.length - 1)]!;
      sent.push(timers.now());
      if (answer === 'never') {
        return new Promise<Response>((_, reject) => {
          init!.signal!.addEventListener('abort', () => reject(new Error('aborted')));
        });
      }
      return answer === null
        ? Promise.reject(new Error('refused'))
        : Promise.resolve(new Response(null, { status: answer }));
    };
    const undelivered = createLineFile(join(dataDir, 'destinations/dead.undelivered.ndjson'));
    const send = createWebhook('dead', 'http://dead/', {
      log,
      timers,
      undelivered,
      fetch: fetch as typeof globalThis.fetch,
    });
    return { timers, sent, send };
  }

  test('is tried again, ever later, while it may take the document yet', async () => {
    const { timers, sent, send } = webhook(503, 429, null, 'never', 200);
    const done = send('{}');
    await timers.advance(60_000);
    await done;
    expect(sent).toEqual([0, 1_000, 3_000, 7_000, 7_000 + ANSWER_TIMEOUT_MS + 8_000]);
    await expect(lines('destinations/dead.undelivered.ndjson')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each([[400], [404], [302]])(
    'that answers %i is not asked again: the document is kept',
    async (status) => {
      const { sent, send } = webhook(status);
      await send('{"n":1}');
      expect(sent).toHaveLength(1);
      expect(await lines('destinations/dead.undelivered.ndjson')).toEqual(['{"n":1}']);
    },
  );

  test('that is dead costs no document, and no lane for ever', async () => {
    const { timers, sent, send } = webhook(500);
    const done = send('{"n":1}');
    await timers.advance(31_000);
    await done;
    expect(sent).toHaveLength(ATTEMPTS);
    expect(await lines('destinations/dead.undelivered.ndjson')).toEqual(['{"n":1}']);
  });
});
