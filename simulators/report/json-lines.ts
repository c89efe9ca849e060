/** A run as JSON lines, for programs: one object a second, and the result as the last one. */
import type { RunOutput, Sink } from './output.js';

/** Each line has its `type`: `started`, `second`, `error`, `settling`, `result`. */
export function jsonOutput(sink: Sink): RunOutput {
  const line = (type: string, value: object) => sink.write(`${JSON.stringify({ type, ...value })}\n`);
  return {
    started: (start) => line('started', start),
    progress: () => undefined,
    sample: (sample) => line('second', sample),
    error: (message) => line('error', { message }),
    settling: () => line('settling', {}),
    failed: () => undefined,
    finished: (result, kept) => line('result', { ...result, kept }),
  };
}
