/** What a run tells while it happens and at its end; a terminal, a pipe or a test listens. */
import type { RunResult, Sample } from '../result.js';

export interface RunStart {
  readonly title: string;
  readonly description: string;
  readonly seed: number;
  readonly devices: number;
  /** Reports that the plan holds. */
  readonly planned: number;
  /** Of the run on the wall. */
  readonly seconds: number;
  readonly speed: number;
  /** Real seconds. */
  readonly phases: RunResult['scenario']['phases'];
  readonly target: string;
  /** What will not be looked at, and why. */
  readonly notChecked: readonly string[];
}

export interface Progress {
  /** From scenario time 0, real seconds; negative while devices connect. */
  readonly second: number;
  /** Null before the first phase and after the last one. */
  readonly phase: string | null;
  readonly sent: number;
  readonly acknowledged: number;
  readonly unsent: number;
  readonly connected: number;
  readonly alerts: number;
  /** Of the function that is furthest behind; null when the backend does not say. */
  readonly lag: number | null;
  readonly errors: number;
}

export interface RunOutput {
  started(start: RunStart): void;
  /** Some times a second. */
  progress(progress: Progress): void;
  /** Once a second. */
  sample(sample: Sample): void;
  /** Of the connections and of the backend; each text is told once. */
  error(message: string): void;
  /** The sending is over, and the oracle looks at what came out. */
  settling(): void;
  /** There is no result: whoever ran it tells why. */
  failed(): void;
  /** @param kept files that were written */
  finished(result: RunResult, kept: readonly string[]): void;
}

/** Where lines go; a `tty.WriteStream` or anything that takes text. */
export interface Sink {
  write(text: string): unknown;
}
