/** Kinesis emulators of a test's own, and streams in them. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createAwsApi } from '../../streams/kinesis/aws-api.js';
import type { KinesisSettings } from '../../streams/kinesis/settings.js';
import { projectRoot } from './project-root.js';

export type EmulatorName = 'kinesalite' | 'moto';

export interface Emulator {
  readonly endpoint: string;
  dispose(): Promise<void>;
}

/** For `requireService`: rejects with a sentence when it cannot run here. */
export async function emulatorCanRun(name: EmulatorName): Promise<void> {
  await run(process.execPath, [scriptOf(name), 'check']);
}

const run = promisify(execFile);
const scriptOf = (name: EmulatorName) => join(projectRoot, 'test', 'services', `${name}.mjs`);

export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** Emulators are asked more often than Kinesis allows: they set no limit, and a test has no time. */
export const IMPATIENT: Partial<KinesisSettings> = {
  readsPerSecond: 500,
  pollBusyMs: 5,
  pollIdleMs: 40,
  backoffFirstMs: 5,
  backoffMostMs: 50,
  leaseMs: 600,
  topologyMs: 500,
};

export async function startEmulator(name: EmulatorName): Promise<Emulator> {
  const directory = await mkdtemp(join(tmpdir(), `millrace-${name}-`));
  const { stdout } = await run(process.execPath, [scriptOf(name), 'start', directory]);
  const { endpoint } = JSON.parse(stdout) as { endpoint: string };
  return {
    endpoint,
    async dispose() {
      await run(process.execPath, [scriptOf(name), 'stop', directory]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function apiOf(endpoint: string) {
  return createAwsApi({ endpoint, region: 'us-east-1', credentials: CREDENTIALS });
}

let names = 0;
export function uniqueStream(): string {
  return `telemetry-${process.pid}-${++names}`;
}
