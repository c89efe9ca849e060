/**
 * A capture (see format.ts) as a recording of messages. A torn last line is no bad row: it is what a recorder leaves
 * that was killed.
 */
import type { BadRow, Recording } from '../recording.js';
import type { CapturedMessage } from './format.js';
import { readLines } from './input.js';
import { parseEntry } from './parse.js';

export interface TimedMessage extends CapturedMessage {
  /** When it was received. */
  readonly time: number;
  /** Of the file, from 1. */
  readonly line: number;
}

/** The largest MQTT payload is 256 MiB, and base64 takes four bytes for three. */
const MAX_LINE_BYTES = 384 << 20;
/** Of a message besides its topic and payload. */
const MESSAGE_BYTES = 300;

export function captureRecording(file: string): Recording<TimedMessage> {
  let notes: readonly string[] = [];
  return {
    format: 'capture',
    file,
    async *read(onBadRow) {
      const findings = new Findings();
      yield* readMessages(file, findings, onBadRow);
      notes = findings.notes();
    },
    sourceOf: (message) => message.topic,
    bytesOf: (message) => MESSAGE_BYTES + message.topic.length + message.payload.length,
    notes: () => notes,
  };
}

async function* readMessages(
  file: string,
  findings: Findings,
  onBadRow: (row: BadRow) => void,
): AsyncGenerator<TimedMessage> {
  for await (const { number, text, isLast } of readLines(file, MAX_LINE_BYTES)) {
    if (text?.trim() === '') continue;
    const entry = text === null ? `longer than ${MAX_LINE_BYTES} bytes` : parseEntry(text);
    if (typeof entry === 'string') {
      if (isLast) findings.isTorn = true;
      else onBadRow({ line: number, reason: entry });
    } else if (entry.kind === 'message') {
      findings.isEnded = false;
      yield { ...entry.message, time: entry.message.at, line: number };
    } else if (entry.kind === 'gap') {
      findings.gaps++;
      if (!entry.gap.kept) findings.lostMs += entry.gap.to - entry.gap.from;
    } else findings.isEnded = entry.kind === 'end';
  }
}

class Findings {
  isTorn = false;
  isEnded = false;
  gaps = 0;
  lostMs = 0;

  notes(): string[] {
    const gaps = this.gaps === 1 ? 'a gap' : `${this.gaps} gaps`;
    const lost = (this.lostMs / 1000).toFixed(1);
    return [
      ...(this.gaps > 0 ? [`the capture has ${gaps}: ${lost} s without connection and session`] : []),
      ...(this.isTorn ? ['the last line of the capture is torn and was left out'] : []),
      ...(this.isEnded || this.isTorn ? [] : ['the capture was cut short: it has no end']),
    ];
  }
}
