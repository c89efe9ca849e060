/** How a recording shows itself: one line that changes for people, JSON lines for programs. */
import type { RecordOutput, RecordSummary } from './record.js';

/** Where lines go; a `tty.WriteStream` or anything that takes text. */
export interface Sink {
  write(text: string): unknown;
}

const number = (value: number) => value.toLocaleString('en-US');
const REASONS = {
  signal: 'stopped',
  duration: 'its time was over',
  count: 'it had its number of messages',
  size: 'the file had its size',
} as const;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** One JSON object per line, each with its `type`. */
export function jsonRecordOutput(sink: Sink): RecordOutput {
  const line = (type: string, value: object) => sink.write(`${JSON.stringify({ type, ...value })}\n`);
  return {
    started: (header, file) => line('started', { file, ...header }),
    connectionLost: (reason) => line('connectionLost', { reason }),
    gap: (gap) => line('gap', gap),
    progress: (progress) => line('progress', progress),
    finished: (summary) => line('summary', summary),
  };
}

export function terminalRecordOutput(sink: Sink & { readonly columns?: number }): RecordOutput {
  let isLineOpen = false;
  let before = { messages: 0, seconds: 0 };
  /** A line that stays. */
  const say = (text: string) => {
    sink.write(`${isLineOpen ? '\r\x1b[K' : ''}${text}\n`);
    isLineOpen = false;
  };
  return {
    started: ({ broker, filters }, file) =>
      say(`Recording ${filters.join(', ')} of ${broker} to ${file}; Ctrl-C ends it`),
    connectionLost: (reason) => say(`connection lost (${reason}); connecting again`),
    gap: ({ from, to, kept }) =>
      say(
        `connected again after ${((to - from) / 1000).toFixed(1)} s: ` +
          (kept ? 'the broker kept QoS 1 and 2 meanwhile' : 'the gap is marked in the file'),
      ),
    progress: (progress) => {
      const { messages, bytes, seconds, topic } = progress;
      const rate = (messages - before.messages) / Math.max(seconds - before.seconds, 0.001);
      before = { messages, seconds };
      const text = `${number(messages)} messages | ${number(Math.round(rate))}/s | ${size(bytes)} | ${topic}`;
      // A terminal that does not know its width says 0.
      sink.write(`\r\x1b[K${printable(text).slice(0, (sink.columns || 80) - 1)}`);
      isLineOpen = true;
    },
    finished: (summary) => {
      say(recordText(summary).trimEnd());
    },
  };
}

export function recordText(summary: RecordSummary): string {
  const { messages, payloadBytes, bytes, seconds, gaps, gapSeconds, reason, file } = summary;
  const lines = [
    `recorded      ${number(messages)} messages in ${seconds.toFixed(1)} s, ${size(payloadBytes)} of payload`,
    `file          ${file}, ${size(bytes)}`,
    ...(gaps > 0 ? [`gaps          ${number(gaps)}, ${gapSeconds.toFixed(1)} s in all`] : []),
    `ended         ${REASONS[reason]}`,
  ];
  return `${lines.join('\n')}\n`;
}

function size(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A topic is anybody's text: it must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '\uFFFD');
}
