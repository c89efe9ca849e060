/** How a replay shows itself: a progress bar for people, JSON lines for programs. */
import { SingleBar } from 'cli-progress';
import type { ReplayOutput, ReplaySummary } from './replay.js';
import type { Sink } from './report/output.js';

const number = (value: number) => value.toLocaleString('en-US');

/** One JSON object per line, each with its `type`. */
export function jsonReplayOutput(sink: Sink): ReplayOutput {
  const line = (type: string, value: object) => sink.write(`${JSON.stringify({ type, ...value })}\n`);
  return {
    started: (plan) => line('started', plan),
    badRow: (row) => line('badRow', row),
    progress: (progress) => line('progress', progress),
    finished: (summary) => line('summary', summary),
  };
}

/** Bad rows are told one by one up to this many, then only counted. */
const BAD_ROWS_SHOWN = 20;

export function terminalReplayOutput(sink: NodeJS.WriteStream): ReplayOutput {
  const bar = progressBar(sink, '{value}/{total} rows | acknowledged {acknowledged} | {time}');
  let shown = 0;
  return {
    started: (plan) => {
      const order = plan.sorted ? 'sorted in memory by time' : 'streamed, already in order of time';
      sink.write(
        `Replaying ${number(plan.rows)} rows of ${number(plan.devices)} devices, ` +
          `${plan.from} to ${plan.to} (${order})\n`,
      );
      bar.start(plan.rows, 0, { acknowledged: 0, time: '' });
    },
    badRow: (row) => {
      if (shown++ < BAD_ROWS_SHOWN) sink.write(`line ${row.line}: ${row.reason}\n`);
      else if (shown === BAD_ROWS_SHOWN + 1) sink.write('(further bad rows are only counted)\n');
    },
    progress: ({ rows, acknowledged, time }) => bar.update(rows, { acknowledged, time }),
    finished: (summary) => {
      bar.stop();
      sink.write(replayText(summary));
    },
  };
}

export function replayText(summary: ReplaySummary): string {
  const lines = [
    `rows          ${number(summary.rows)} read, ${number(summary.badRows)} bad`,
    `sent          ${number(summary.sent)} events in ${summary.seconds.toFixed(1)} s`,
    `acknowledged  ${number(summary.acknowledged)} of ${number(summary.sent)}`,
    `omitted       ${number(summary.omittedValues)} missing values`,
    ...summary.errors.map((error) => `error         ${error}`),
    summary.ok
      ? 'verdict       good: every readable row was sent and acknowledged'
      : 'verdict       BAD: not every event was acknowledged',
  ];
  return `${lines.join('\n')}\n`;
}

function progressBar(stream: NodeJS.WriteStream, tail: string): SingleBar {
  return new SingleBar({ format: `[{bar}] {percentage}% | ${tail}`, stream, hideCursor: true });
}
