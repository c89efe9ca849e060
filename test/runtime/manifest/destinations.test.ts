import {
  getAtt,
  manifestProject,
  type Project,
  sound,
  stream,
  type Tree,
} from '../../support/manifest-project.js';

let project: Project;
beforeAll(() => {
  project = manifestProject();
});
afterAll(() => project.remove());

const content = (onFailure: unknown, millrace: Tree = {}) => {
  const changed = sound();
  changed.functions.alert.events = [{ stream: stream({ destinations: { onFailure } }) }];
  changed.custom.millrace = millrace;
  return changed;
};
const FAILED = { arn: getAtt('Failed'), type: 'sqs' };

test.each<[unknown, object]>([
  [FAILED, { name: 'failed', arn: 'arn:aws:sqs:us-east-1:000000000000:failed' }],
  [
    { arn: { Ref: 'Alarms' }, type: 'sns' },
    { name: 'alarms', arn: 'arn:aws:sns:us-east-1:000000000000:alarms' },
  ],
  ['arn:aws:sqs:eu-west-1:123456789012:q', { name: 'q', arn: 'arn:aws:sqs:eu-west-1:123456789012:q' }],
  [{ arn: 'arn:aws:sns:eu-west-1:1:t' }, { name: 't', arn: 'arn:aws:sns:eu-west-1:1:t' }],
])('by default %j is a file', async (onFailure, expected) => {
  const { destinations, settings } = await project.load(content(onFailure));
  const [destination] = destinations;
  const local = { file: `destinations/${destination!.name}.ndjson`, payload: false };
  expect(destinations).toEqual([{ ...expected, settings: local }]);
  expect(settings.destinations).toEqual({ [destination!.name]: local });
});

test('a bucket gets the records themselves', async () => {
  const { destinations } = await project.load(content('arn:aws:s3:::bucket'));
  expect(destinations).toMatchObject([{ name: 'bucket', settings: { payload: true } }]);
});

test.each<[Tree, Tree, Tree]>([
  [{ file: 'x.ndjson' }, {}, { file: 'x.ndjson', payload: false }],
  [
    { webhook: 'https://example.org/x', payload: true },
    {},
    { webhook: 'https://example.org/x', payload: true },
  ],
  [{ stream: 'dead' }, { dead: { partitions: 2 } }, { stream: 'dead', payload: false }],
])('%j stands in', async (settings, streams, expected) => {
  const manifest = await project.load(content(FAILED, { destinations: { failed: settings }, streams }));
  expect(manifest.destinations[0]!.settings).toEqual(expected);
  for (const [name, { partitions }] of Object.entries(streams as Record<string, { partitions: number }>)) {
    expect(manifest.streams).toContainEqual({ name, partitions, retentionMs: 604_800_000 });
    expect(manifest.settings.streams[name]).toMatchObject({ partitions, segmentBytes: 64 * 1024 * 1024 });
  }
});

test.each<[unknown, string, string]>([
  [{ arn: getAtt('Failde'), type: 'sqs' }, '.arn', 'no SQS queue or SNS topic or S3 bucket Failde'],
  [
    { arn: getAtt('FailedFifo'), type: 'sqs' },
    '.arn',
    'failed.fifo is a FIFO queue, AWS takes only standard ones',
  ],
  ['arn:aws:sns:x:1:t.fifo', '', 't.fifo is a FIFO topic'],
  [{ arn: getAtt('Failed'), type: 'sns' }, '.type', 'is sns, but the ARN is of sqs'],
  [{ arn: getAtt('Failed') }, '.type', 'is needed with a reference'],
  [{ ...FAILED, kind: 'x' }, '.kind', 'unknown setting'],
  ['failed', '', 'must be the ARN of a queue or topic'],
  ['arn:aws:lambda:x:1:function:alert', '', 'lambda cannot be a destination here'],
  [getAtt('Telemetry'), '', 'kinesis cannot be a destination here'],
  ['kafka://x', '', 'Kafka triggers only'],
])('refuses %j', async (onFailure, path, reason) => {
  const found = await project.problems(content(onFailure));
  expect(found).toEqual([
    expect.stringContaining(`functions.alert.events[0].stream.destinations.onFailure${path}: `),
  ]);
  expect(found[0]).toContain(reason);
});

test.each<[Tree, string, string]>([
  [
    { destinations: { faild: { file: 'x' } } },
    'destinations.faild',
    'no such destination; did you mean "failed"?',
  ],
  [
    { destinations: { failed: {} } },
    'destinations.failed',
    'must have exactly one of stream, file, webhook; none',
  ],
  [
    { destinations: { failed: { file: 'x', stream: 'y' } } },
    'destinations.failed',
    'exactly one of stream, file, webhook; stream and file are given',
  ],
  [
    { destinations: { failed: { webhook: 'example.org' } } },
    'destinations.failed.webhook',
    'must match pattern',
  ],
  [{ destinations: { failed: { fil: 'x' } } }, 'destinations.failed.fil', 'did you mean "file"?'],
  [{ destinations: { failed: { file: 1 } } }, 'destinations.failed.file', 'must be of type string'],
  [
    { destinations: { failed: { stream: 'dead' } } },
    'destinations.failed.stream',
    'no stream dead; known are telemetry (custom.millrace.streams.dead.partitions makes one)',
  ],
  [
    { destinations: { failed: { stream: 'telemetry' } } },
    'destinations.failed.stream',
    'telemetry is where the failed records are read from',
  ],
  [{ streams: { dead: {} } }, 'streams.dead', 'no such stream'],
  [{ streams: { dead: { partitions: 0 } } }, 'streams.dead.partitions', 'must be >= 1'],
  [{ streams: { telemetry: { partitions: 2 } } }, 'streams.telemetry.partitions', 'ShardCount of Telemetry'],
])('custom.millrace: refuses %j', async (millrace, path, reason) => {
  const found = await project.problems(content(FAILED, millrace));
  expect(found).toEqual([expect.stringContaining(`custom.millrace.${path}: `)]);
  expect(found[0]).toContain(reason);
});
