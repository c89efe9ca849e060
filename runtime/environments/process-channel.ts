/**
 * The host's end of an environment in a process of its own. Messages and packed rounds go over a pipe besides the
 * standard ones; the progress lies in an unlinked file that both have open, so that the host can read it when the
 * process does not answer. Frozen is stopped (SIGSTOP).
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync, unlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MillraceError } from '../../common/errors.js';
import type { OpenChannel } from './channel.js';
import { MIN_HEAP_MB } from './control.js';
import { deserializeError } from './errors.js';
import { crashed, exited, outOfMemory } from './failures.js';
import { createFrameReader, frame } from './framing.js';
import { guard } from './guardian.js';
import { packRound } from './packing.js';
import { PROGRESS_BYTES, type Progress, readProgress } from './progress.js';
import type { EnvironmentSpec, FromEnvironment, ToEnvironment } from './protocol.js';
import { createSourceNumbers } from './sources.js';

/** What a process reads from its pipe: first its specification. */
export type ProcessMessage = { readonly type: 'start'; readonly spec: EnvironmentSpec } | ToEnvironment;

/** File descriptors in the process. */
export const PIPE = 3;
export const PROGRESS_FILE = 4;

const PROCESS = fileURLToPath(new URL('./process.js', import.meta.url));
let files = 0;

export const openProcess: OpenChannel = (spec, events) => {
  const progressFile = openProgressFile();
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${Math.max(MIN_HEAP_MB, spec.memoryMB)}`, PROCESS],
    {
      // Of its own session: what ends the host from a terminal is for the host to handle.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'pipe', progressFile],
      env: withoutOptions(process.env),
    },
  );
  const pipe = child.stdio[PIPE] as Socket;
  const sources = createSourceNumbers();
  const unguard = child.pid === undefined ? () => undefined : guard(child.pid);
  let failure: MillraceError | undefined;
  let ended = false;
  let frozen = false;
  /** Free to be written again when the round it held was answered. */
  let memory = Buffer.alloc(0);

  /** What the process has noted last, once it has ended. */
  let last: Progress | undefined;
  const look = () => {
    const bytes = Buffer.alloc(PROGRESS_BYTES);
    readSync(progressFile, bytes, 0, PROGRESS_BYTES, 0);
    return readProgress(bytes);
  };
  const end = (reason: MillraceError) => {
    if (ended) return;
    ended = true;
    last = look();
    closeSync(progressFile);
    unguard();
    events.onEnd(reason);
  };
  pipe.on(
    'data',
    createFrameReader<FromEnvironment>((message) => {
      if (message.type === 'crashed') failure = crashed(spec, deserializeError(message.error));
      else if (!ended) events.onMessage(message);
    }),
  );
  // Its end is told by 'close' below.
  pipe.on('error', () => undefined);
  child.on('error', (error) => end(crashed(spec, error)));
  // Not 'exit': what it wrote last may still be in the pipe.
  child.on('close', (code, signal) => {
    // V8 aborts when the heap is full.
    if (failure === undefined && signal === 'SIGABRT') failure = outOfMemory(spec);
    end(failure ?? exited(spec, signal ?? `exit code ${code}`));
  });

  const write = (parts: readonly Buffer[]) => {
    if (ended) return;
    pipe.cork();
    for (const part of parts) pipe.write(part);
    pipe.uncork();
    if (frozen) child.kill('SIGCONT');
    frozen = false;
  };
  write(frame({ type: 'start', spec } satisfies ProcessMessage));

  return {
    enforcesTimeout: true,
    send: (message) => write(frame(message satisfies ProcessMessage)),
    sendRound(id, round, measure) {
      const packing = packRound(round, sources.numberOf);
      if (memory.length < packing.length) memory = Buffer.allocUnsafeSlow(packing.length * 2);
      packing.write(memory);
      const message: ToEnvironment = { type: 'round', id, sources: sources.takeNew(), memory: null, measure };
      write(frame(message, memory.subarray(0, packing.length)));
    },
    progress: () => last ?? look(),
    freeze() {
      if (!ended) frozen = child.kill('SIGSTOP');
    },
    terminate: () => void child.kill('SIGKILL'),
  };
};

function openProgressFile(): number {
  const path = join(tmpdir(), `millrace-${process.pid}-${++files}`);
  const file = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return file;
}

/** The host's options are for the host's process. */
function withoutOptions({ NODE_OPTIONS: _, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env;
}
