/** How a simulation and a replay show themselves: a progress bar for people, JSON lines for programs. */
import { SingleBar } from 'cli-progress';
import type { ReplayOutput, ReplaySummary } from './replay.js';
import type { SimulationReport } from './report.js';
import type { SimulationOutput } from './simulate.js';

/** Where lines go; a `tty.WriteStream` or anything that takes text. */
export interface Sink {
  write(text: string): unknown;
}

const number = (value: number) => value.toLocaleString('en-US');

/** One JSON object per line, each with its `type`. */
export function jsonSimulationOutput(sink: Sink): SimulationOutput {
  const line = (type: string, value: object) => sink.write(`${JSON.stringify({ type, ...value })}\n`);
  return {
    started: ({ signal: _, ...options }, planned) => line('started', { ...options, planned }),
    progress: (progress) => line('progress', progress),
    finished: (report) => line('report', report),
  };
}

/** A bar while it runs (on `sink` when it is a terminal), then the report as text. */
export function terminalSimulationOutput(sink: NodeJS.WriteStream): SimulationOutput {
  const bar = progressBar(sink, '{value}/{total} events | acknowledged {acknowledged} | alerts {firing}');
  return {
    started: (options, planned) => {
      sink.write(
        `Simulating ${number(options.devices)} devices (seed ${options.seed}), ` +
          `${number(options.rate)} events/s for ${options.duration} s, to mqtt://${options.host}:${options.port}\n`,
      );
      bar.start(planned, 0, { acknowledged: 0, firing: 0 });
    },
    progress: ({ sent, ...payload }) => bar.update(sent, payload),
    finished: (report) => {
      bar.stop();
      sink.write(simulationText(report));
    },
  };
}

export function simulationText(report: SimulationReport): string {
  const { alerts, windows, rollups, valid, quarantined } = report;
  const of = (actual: number, expected: number) => `${number(actual)} of ${number(expected)}`;
  const lines = [
    `sent          ${number(report.sent)} events in ${report.seconds.toFixed(1)} s`,
    `acknowledged  ${of(report.acknowledged, report.sent)}`,
    `stored        ${number(report.stored)}: valid ${of(valid.actual, valid.expected)}, ` +
      `quarantined ${of(quarantined.actual, quarantined.expected)}`,
    `alerted       firing ${of(alerts.received, alerts.expected)}, resolved ${of(alerts.resolved, alerts.expectedResolved)}`,
    `aggregated    ${of(windows.actual, windows.expected)} events, in the windows of ${windows.devices} devices`,
    `rolled up     ${of(rollups.actual, rollups.expected)} events of these devices' last minutes`,
    ...report.errors.map((error) => `error         ${error}`),
    ...report.notes.map((note) => `note          ${note}`),
    ...report.problems.map((problem) => `PROBLEM       ${problem}`),
    report.ok ? 'verdict       good: nothing was lost' : 'verdict       BAD: see the problems above',
  ];
  return `${lines.join('\n')}\n`;
}

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
