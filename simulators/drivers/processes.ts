/**
 * One driver over several processes: each drives its slice of the devices, all from the same moment. What they observe
 * arrives in batches about 50 ms late, with the times at which it happened; their summaries are added up.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../../common/errors.js';
import type { Scenario } from '../scenario/scenario.js';
import { createDriver } from './create.js';
import type { DriveObserver, DriveOptions, Driver, DriveSummary } from './driver.js';
import { PlannedPublishes } from './planned-publishes.js';
import { type FromProcess, type ProcessTask, replay } from './process-messages.js';
import { mergeSummaries } from './summaries.js';

export interface ProcessesOptions extends Omit<DriveOptions, 'slice'> {
  readonly processes: number;
  /** What `plan` was made of: the processes make it again. */
  readonly scenario: Scenario;
}

/** After an abort the processes have so long to say goodbye and report, ms. */
const PATIENCE_MS = 5_000;
/** Of what a process has written to stderr, for the error that tells of its end. */
const STDERR_CHARACTERS = 2_000;

/**
 * `run` rejects with what the first process to fail was rejected with, or with `DRIVER_PROCESS` when one ended without
 * a word; the others are ended then.
 */
export function driveInProcesses(options: ProcessesOptions, observer: DriveObserver): Driver {
  const { plan, connections } = options;
  const of = Math.max(
    1,
    Math.min(options.processes, plan.devices.length, connections ?? plan.devices.length),
  );
  if (of === 1) return createDriver({ ...options, slice: { part: 0, of: 1 } }, observer);
  return { run: () => coordinate(options, of, observer) };
}

async function coordinate(
  options: ProcessesOptions,
  of: number,
  observer: DriveObserver,
): Promise<DriveSummary> {
  const { signal, plan, target } = options;
  const publishes = new PlannedPublishes(plan);
  const isHttp = target.transport.startsWith('http');
  const children: ChildProcess[] = [];
  let patience: NodeJS.Timeout | undefined;
  const killAll = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  const stop = () => {
    for (const child of children) if (child.connected) child.send({ kind: 'stop' });
    patience = setTimeout(killAll, PATIENCE_MS);
  };
  const onBatch = (message: FromProcess & { kind: 'batch' }) =>
    replay(
      message,
      (device, place, isLast) => publishes.at(device, place, isLast),
      ({ qos }) => isHttp || qos > 0,
      observer,
    );
  try {
    const parts = Array.from({ length: of }, (_, part) => {
      const child = fork(fileURLToPath(new URL('./process-main.js', import.meta.url)), [], {
        serialization: 'advanced',
        execArgv: [],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      children.push(child);
      return partOf(child, taskOf(options, part, of), onBatch);
    });
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    return mergeSummaries(await Promise.all(parts));
  } finally {
    signal?.removeEventListener('abort', stop);
    clearTimeout(patience);
    killAll();
  }
}

function taskOf(options: ProcessesOptions, part: number, of: number): ProcessTask {
  const { plan, signal: _, processes: __, ...rest } = options;
  const waiting = options.limits?.waiting;
  return {
    ...rest,
    start: plan.start,
    slice: { part, of },
    connectRate: options.connectRate / of,
    ...(waiting === undefined ? {} : { limits: { ...options.limits, waiting: Math.ceil(waiting / of) } }),
  };
}

function partOf(
  child: ChildProcess,
  task: ProcessTask,
  onBatch: (batch: FromProcess & { kind: 'batch' }) => void,
): Promise<DriveSummary> {
  return new Promise((resolve, reject) => {
    let errors = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-STDERR_CHARACTERS);
    });
    child.on('message', (message: FromProcess) => {
      if (message.kind === 'batch') {
        try {
          onBatch(message);
        } catch (error) {
          reject(error);
        }
      } else if (message.kind === 'done') resolve(message.summary);
      else {
        const { code, canRetry, hint } = message;
        reject(
          new MillraceError(message.message, { code, canRetry, ...(hint === undefined ? {} : { hint }) }),
        );
      }
    });
    const fail = (how: string, cause?: unknown) =>
      reject(
        new MillraceError(
          `driving process ${task.slice.part} ended with ${how}${errors && `: ${errors.trim()}`}`,
          {
            code: 'DRIVER_PROCESS',
            hint: 'Was it killed (memory)? Fewer devices per process may help.',
            cause,
          },
        ),
      );
    child.on('error', (error) => fail(error.message, error));
    // After the last message and all of stderr; when the process has reported, this comes too late to matter.
    child.on('close', (code, signal) => fail(signal ?? `exit code ${code}`));
    child.send({ kind: 'run', task });
  });
}
