/** How a replay shows itself: a progress bar for people, JSON lines for programs. */
import { SingleBar } from 'cli-progress';
import type { ReplayOutput, ReplaySummary } from './replay.js';

/** Where lines go; a `tty.WriteStream` or anything that takes text. */
export interface Sink {
  write(text: string): unknown;
}

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
  const bar = new SingleBar({
    format: '[{bar}] {percentage}% | {value}/{total} | acknowledged {acknowledged} | {time}',
    stream: sink,
    hideCursor: true,
  });
  let shown = 0;
  return {
    started: (plan) => {
      const [what, of] = plan.format === 'capture' ? ['messages', 'topics'] : ['rows', 'devices'];
      const order = plan.sorted ? 'sorted in memory by time' : 'streamed, already in order of time';
      const times = plan.loops === 1 ? '' : `, ${number(plan.loops)} times`;
      sink.write(
        `Replaying ${number(plan.rows)} ${what} of ${number(plan.devices)} ${of}, ` +
          `${plan.from} to ${plan.to}${times} (${order})\n`,
      );
      for (const note of plan.notes) sink.write(`note: ${note}\n`);
      bar.start(plan.rows * plan.loops, 0, { acknowledged: 0, time: '' });
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
  const isCapture = summary.format === 'capture';
  const what = isCapture ? 'messages' : 'events';
  const left = isCapture
    ? summary.unshifted > 0
      ? [`not shifted   ${number(summary.unshifted)} payloads without a time to move, sent as they are`]
      : []
    : [`omitted       ${number(summary.omittedValues)} missing values`];
  const all = summary.interrupted
    ? 'what was sent was acknowledged'
    : 'every readable row was sent and acknowledged';
  const lines = [
    `${isCapture ? 'messages' : 'rows    '}      ${number(summary.rows)} read, ${number(summary.badRows)} bad`,
    `sent          ${number(summary.sent)} ${what} in ${summary.seconds.toFixed(1)} s`,
    `acknowledged  ${number(summary.acknowledged)} of ${number(summary.sent)}`,
    ...left,
    ...summary.errors.map((error) => `error         ${error}`),
    summary.ok ? `verdict       good: ${all}` : 'verdict       BAD: not every event was acknowledged',
  ];
  return `${lines.join('\n')}\n`;
}
