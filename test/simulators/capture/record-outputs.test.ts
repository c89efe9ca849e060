import type { RecordSummary } from '../../../simulators/capture/record.js';
import { recordText, terminalRecordOutput } from '../../../simulators/capture/record-outputs.js';

const summary: RecordSummary = {
  ...{ file: 'f.ndjson', messages: 12_345, payloadBytes: 2_000_000, bytes: 3 << 20, seconds: 10, gaps: 2 },
  ...{ gapSeconds: 1.5, reason: 'duration' as const },
};

describe('a recording on a terminal', () => {
  test('is one line that changes, as wide as the terminal, and cannot be steered by topics', () => {
    let text = '';
    const output = terminalRecordOutput({
      write: (more) => {
        text += more;
      },
      columns: 40,
    });
    output.progress({ messages: 500, payloadBytes: 1, bytes: 2048, seconds: 2, gaps: 0, topic: 'a\x1b[2J' });
    output.connectionLost('reset');
    output.progress({
      messages: 600,
      payloadBytes: 1,
      bytes: 2048,
      seconds: 3,
      gaps: 0,
      topic: 'x'.repeat(99),
    });
    output.finished(summary);
    const [first, second] = text.replaceAll('\r\x1b[K', '<').split('\n');
    expect(first).toBe(
      '<500 messages | 250/s | 2.0 KiB | a\uFFFD[2J<connection lost (reset); connecting again',
    );
    expect(second).toMatch(/^<600 messages \| 100\/s \| 2\.0 KiB \| x+<recorded {6}12,345 messages/);
    expect(/x+/.exec(second!)![0].length).toBeLessThan(40);
  });

  test('ends with what it was', () => {
    expect(recordText(summary)).toBe(
      'recorded      12,345 messages in 10.0 s, 1.9 MiB of payload\n' +
        'file          f.ndjson, 3.0 MiB\n' +
        'gaps          2, 1.5 s in all\n' +
        'ended         its time was over\n',
    );
  });
});
