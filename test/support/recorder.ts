/** `millrace record` as a process, and what is in a capture, for tests. Needs `npm run build`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CapturedMessage } from '../../simulators/capture/format.js';
import { captureRecording } from '../../simulators/capture/recording.js';
import { poll } from './poll.js';
import { projectRoot } from './project-root.js';

export interface Recorder {
  /** The last line of its progress says so. */
  messages(): number;
  /** Lines of JSON that it wrote, of one type or all. */
  lines(type?: string): Record<string, unknown>[];
  /** @returns its exit code, and what it wrote to stderr */
  stop(signal?: NodeJS.Signals): Promise<{ readonly code: number | null; readonly stderr: string }>;
}

const running = new Set<ChildProcess>();

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Resolves when it is subscribed. @param args of `millrace record` */
export async function startRecorder(args: readonly string[]): Promise<Recorder> {
  const main = join(projectRoot, 'dist', 'cli', 'main.js');
  const child = spawn(process.execPath, [main, 'record', '--json', ...args], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const closed = once(child, 'close').then(() => running.delete(child));
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const lines = (type?: string) =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => type === undefined || line.type === type);
  const recorder: Recorder = {
    lines,
    messages: () => Number(lines('progress').at(-1)?.messages ?? 0),
    stop: async (signal = 'SIGINT') => {
      child.kill(signal);
      await closed;
      return { code: child.exitCode, stderr };
    },
  };
  await poll(
    () => {
      if (child.exitCode !== null) throw new Error(`the recorder ended: ${stderr}`);
      return lines('started').length > 0;
    },
    { timeoutMs: 20_000, what: 'the recorder having subscribed' },
  );
  return recorder;
}

/** The messages of a capture in its order; fails when a line of it is broken. */
export async function captured(file: string): Promise<CapturedMessage[]> {
  const messages: CapturedMessage[] = [];
  const recording = captureRecording(file);
  for await (const { time: _time, line: _line, ...message } of recording.read(({ line, reason }) => {
    throw new Error(`${file}, line ${line}: ${reason}`);
  })) {
    messages.push(message);
  }
  return messages;
}

/** What was sent on each topic, in its order: all that is to be the same again after a replay. */
export function byTopic(messages: readonly CapturedMessage[]): Map<string, string[]> {
  const topics = new Map<string, string[]>();
  for (const { topic, qos, retain, payload, properties } of messages) {
    const sent = topics.get(topic) ?? [];
    sent.push(JSON.stringify({ qos, retain, payload: payload.toString('base64'), properties }));
    topics.set(topic, sent);
  }
  return topics;
}
