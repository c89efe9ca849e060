import { jsonOutput } from '../../../simulators/report/json-lines.js';
import { runResult } from '../../support/run-result.js';

test('every line is an object with its type, and the last one is the result', () => {
  let text = '';
  const output = jsonOutput({
    write: (part) => {
      text += part;
    },
  });
  const result = runResult();
  const { scenario, target, seconds } = result;
  output.started({ ...scenario, seconds, target, planned: 10, notChecked: [] });
  output.progress({
    second: 0,
    phase: null,
    sent: 1,
    acknowledged: 0,
    unsent: 0,
    connected: 1,
    alerts: 0,
    lag: null,
    errors: 0,
  });
  output.sample(result.samples[0]!);
  output.error('broken\nline');
  output.settling();
  output.finished(result, ['a.json']);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });
  expect(lines.map(({ type }) => type)).toEqual(['started', 'second', 'error', 'settling', 'result']);
  expect(lines.at(-1)).toEqual({ type: 'result', ...result, kept: ['a.json'] });
});
