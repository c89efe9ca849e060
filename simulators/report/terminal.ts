/** A run on a terminal: a bar for the time with its phase, a line of figures under it, and the summary at the end. */
import { MultiBar, type SingleBar } from 'cli-progress';
import { count, counted, rate, span } from './format.js';
import type { Progress, RunOutput, RunStart } from './output.js';
import { COLOURS, summaryText } from './summary-text.js';

export function terminalOutput(stream: NodeJS.WriteStream): RunOutput {
  let bars: Bars | null = null;
  const stop = () => {
    bars?.stop();
    bars = null;
  };
  return {
    started(start) {
      stream.write(`${headline(start)}\n`);
      for (const text of start.notChecked) stream.write(`not checked: ${text}\n`);
      bars = new Bars(stream, start);
    },
    progress: (progress) => bars?.show(progress),
    sample: () => undefined,
    error(message) {
      if (bars === null) stream.write(`error: ${message}\n`);
      else bars.say(`error: ${message}\n`);
    },
    settling: () => bars?.settling(),
    failed: stop,
    finished(result, kept) {
      stop();
      stream.write(`\n${summaryText(result, kept, COLOURS)}`);
    },
  };
}

function headline({ title, seed, devices, planned, seconds, speed, target }: RunStart): string {
  const faster = speed === 1 ? '' : `, ${rate(speed)} times as fast as the clock`;
  return (
    `${title} (seed ${seed}): ${counted(devices, 'device')}, ${counted(planned, 'event')} ` +
    `in ${span(seconds)}${faster} → ${target}`
  );
}

class Bars {
  readonly #bars: MultiBar;
  readonly #time: SingleBar;
  readonly #events: SingleBar;
  readonly #seconds: number;
  readonly #named: (text: string) => string;

  constructor(stream: NodeJS.WriteStream, { seconds, planned, phases }: RunStart) {
    const width = Math.max(8, ...phases.map(({ name }) => name.length));
    this.#seconds = seconds;
    this.#bars = new MultiBar({
      stream,
      hideCursor: true,
      barsize: 30,
      noTTYOutput: false,
      gracefulExit: false,
    });
    const format = (tail: string) => ({ format: `{what} [{bar}] ${tail}` });
    const named = (text: string) => text.padEnd(width);
    this.#time = this.#bars.create(
      seconds,
      0,
      { what: named('connect'), at: '0 s', of: span(seconds), note: '' },
      format('{at} of {of}{note}'),
    );
    this.#events = this.#bars.create(
      Math.max(1, planned),
      0,
      { what: named('events'), figures: '' },
      format('{figures}'),
    );
    this.#named = named;
  }

  show(progress: Progress): void {
    const { second, phase, sent } = progress;
    const at = Math.min(Math.max(second, 0), this.#seconds);
    const what = phase ?? (second < 0 ? 'connect' : 'settle');
    const note = progress.errors > 0 ? ` | ${counted(progress.errors, 'error')}` : '';
    this.#time.update(at, { what: this.#named(what), at: span(Math.floor(at)), note });
    this.#events.update(sent, { figures: figuresText(progress) });
  }

  settling(): void {
    this.#time.update(this.#seconds, { what: this.#named('settle') });
  }

  say(text: string): void {
    this.#bars.log(text);
  }

  stop(): void {
    this.#bars.stop();
  }
}

function figuresText({ sent, acknowledged, unsent, alerts, lag }: Progress): string {
  return [
    `sent ${count(sent)}`,
    `acknowledged ${count(acknowledged)}`,
    ...(unsent > 0 ? [`unsent ${count(unsent)}`] : []),
    `alerts ${count(alerts)}`,
    ...(lag === null ? [] : [`lag ${count(lag)}`]),
  ].join(' | ');
}
