/**
 * Every ready scenario, shortened, against a backend of its own: nothing lost, doubled or wrong, every alert told,
 * whatever the scenario does to the backend. Two at a time: more would only wait for one another.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../simulators/result.js';
import { readyScenarios } from '../../simulators/scenario/ready.js';
import { type CommandResult, command } from '../support/command.js';
import { temporaryDirectory } from '../support/product.js';
import { projectRoot } from '../support/project-root.js';

const SECONDS = 8;
const AT_A_TIME = 2;
const TIMEOUT_MS = 90_000;

const scenarios = readyScenarios(projectRoot);
const folder = temporaryDirectory();
const runs = new Map<string, Promise<CommandResult>>();
const resultFile = (name: string) => join(folder, `${name}.json`);

beforeAll(() => {
  const waiting = scenarios.map(({ name }) => {
    let begin = () => {};
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
    });
    runs.set(name, turn.then(() => run(name)).finally(next));
    return () => begin();
  });
  function next(): void {
    waiting.shift()?.();
  }
  for (let started = 0; started < AT_A_TIME; started++) next();
});

function run(name: string): Promise<CommandResult> {
  const flags = ['--start-backend', '--any-latency', '--duration', `${SECONDS}`];
  const kept = ['--json', '--out', resultFile(name)];
  return command(['simulate', name, ...flags, ...kept], '', TIMEOUT_MS);
}

test.each(scenarios)(
  '$name holds all its thresholds',
  async ({ name, chaos }) => {
    const { code, stdout, stderr } = await runs.get(name)!;
    if (code !== 0) throw new Error(`${name} ended with ${code}\n${lastLines(stdout)}\n${stderr}`);
    const result = JSON.parse(readFileSync(resultFile(name), 'utf8')) as RunResult;
    expect(result.verdict.thresholds.filter(({ ok }) => !ok)).toEqual([]);
    expect(result.verdict.findings).toEqual([]);
    expect(result.drive.acknowledged).toBeGreaterThan(300);
    const fired = result.ledger.find(({ what }) => what === 'alerts fired')!;
    expect(fired.actual).toBeGreaterThan(0);
    // What the scenario does to the backend was done.
    expect(result.chaos.length > 0).toBe(chaos.length > 0);
    for (const { action } of chaos) {
      const done = { kill: 'kill -9', restart: 'SIGTERM', stop: 'SIGSTOP', slow: 'slowed' }[action];
      expect(result.chaos.some(({ what }) => what.includes(done))).toBe(true);
    }
  },
  TIMEOUT_MS * scenarios.length,
);

const lastLines = (text: string) => text.trim().split('\n').slice(-5).join('\n');
