import { duration, functionsTable } from '../../cli/functions-table.js';
import { functionsReport } from '../../runtime/function-report.js';
import type { StreamTrigger, Trigger } from '../../runtime/manifest/manifest.js';
import { manifestOf, mappingActivity, poolStats, telemetryEnds } from '../support/function-activity.js';

const stream = { type: 'stream', source: 'kinesis', stream: 'telemetry', enabled: true } as StreamTrigger;
const route = (path: string): Trigger => ({ type: 'http', method: 'GET', path });

/** Cells by heading, of each row. */
function rowsOf(table: string): Record<string, string>[] {
  const [headings = '', ...lines] = table.split('\n');
  const starts = [...headings.matchAll(/\S+( \S+)*/g)].map((match) => ({ name: match[0], at: match.index }));
  return lines
    .slice(0, lines.indexOf(''))
    .map((line) =>
      Object.fromEntries(starts.map(({ name, at }, i) => [name, line.slice(at, starts[i + 1]?.at).trim()])),
    );
}

test('what runs: one row for each function, then what went wrong', () => {
  const stats = poolStats({
    invocations: 12_345,
    errors: 2,
    environments: 2,
    concurrentExecutions: 1,
    recentColdStarts: [{ spawnMs: 30, importMs: 12, firstInvokeMs: 3 }],
    lastError: 'TypeError: \u001b[31mno\u001b[39m\n    at somewhere',
  });
  const manifest = manifestOf({ name: 'alert', reservedConcurrency: 5, triggers: [stream] });
  const table = functionsTable(
    functionsReport(manifest, {
      activity: {
        mappings: [mappingActivity('alert', [0n, 0n], { iteratorAge: 1250 }, 'TypeError: no')],
        pools: new Map([['alert', { stats }]]),
      },
      streams: [telemetryEnds],
    }),
  );
  expect(rowsOf(table)).toEqual([
    {
      FUNCTION: 'alert',
      HANDLER: 'functions/alert/handler.handler',
      ISOLATION: 'worker',
      MEMORY: '512 MB',
      TIMEOUT: '30 s',
      ENVIRONMENTS: '1 busy, 2 of 5',
      CONCURRENCY: 'reserved 5',
      INVOCATIONS: '12,345',
      ERRORS: '2',
      THROTTLES: '0',
      'COLD START': '42 ms',
      LAG: '30, 1.3 s old',
      TRIGGERS: 'kinesis telemetry',
    },
  ]);
  expect(table).toContain('alert is retrying kinesis telemetry: TypeError: no\n');
  expect(table).toContain('alert failed last with: TypeError: no\n');
});

test('the file alone: no figures of what does not run; further triggers below, many routes as one', () => {
  const off = { ...stream, enabled: false };
  const table = functionsTable(
    functionsReport(
      manifestOf(
        { name: 'one', provisionedConcurrency: 2, triggers: [off, route('/a')] },
        { name: 'two', triggers: ['/a', '/b', '/c'].map(route) },
        { name: 'three' },
      ),
    ),
  );
  const rows = rowsOf(`${table}\n`);
  expect(rows.map((row) => row.TRIGGERS)).toEqual([
    'kinesis telemetry (off)',
    'http GET /a',
    'http, 3 routes',
    '',
  ]);
  expect(rows[0]).toMatchObject({
    CONCURRENCY: 'provisioned 2',
    ENVIRONMENTS: 'at most 10',
    INVOCATIONS: '',
    LAG: '',
  });
  expect(rows[1]).toMatchObject({ FUNCTION: '', HANDLER: '' });
});

test('durations read well at any size', () => {
  expect([0.4, 999, 1250, 30_000, 120_000, 900_000].map(duration)).toEqual([
    '0 ms',
    '999 ms',
    '1.3 s',
    '30 s',
    '2 min',
    '15 min',
  ]);
});
