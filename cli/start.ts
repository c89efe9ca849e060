/** `millrace start`: the embedded deployment, until a signal ends it. */
import type { Command } from 'commander';
import type { Flags } from '../runtime/options.js';
import { parseTarget } from '../simulators/drivers/target.js';
import { deploymentFlags, run } from './run.js';
import { EXIT_LOST } from './simulate.js';
import { DEMO, runSimulation, simulationOutput } from './simulation.js';

/** Enough for the demo: a device each. */
const CONNECTS_PER_SECOND = 500;
const SETTLE_MS = 40_000;

export function registerStart(program: Command): void {
  deploymentFlags(program.command('start'))
    .description('start the embedded deployment: MQTT, HTTP, stream, functions and stores in one process')
    .option('--simulate', 'publish a small simulated fleet at once')
    .action(async (flags: Flags & { simulate?: boolean }) => {
      const deployment = await run(flags);
      if (flags.simulate !== true) return;
      const { host, mqttPort: port, mqttUrl, httpPort } = deployment;
      const client = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
      const address = client.includes(':') ? `[${client}]` : client;
      const result = await runSimulation(
        {
          scenario: DEMO,
          overrides: {},
          target: parseTarget(port === undefined ? { host: mqttUrl! } : { host: client, port }).target,
          alertTarget: null,
          http: `http://${address}:${httpPort}`,
          verdict: 'by what answers',
          config: flags.config ?? null,
          backend: null,
          sameProcess: true,
          loop: { kind: 'open' },
          connections: null,
          connectRate: CONNECTS_PER_SECOND,
          processes: 1,
          settleMs: SETTLE_MS,
          command: 'millrace start --simulate',
          out: false,
          html: null,
          compare: null,
          signal: new AbortController().signal,
        },
        simulationOutput(),
      );
      if (!result.verdict.ok) process.exitCode = EXIT_LOST;
    });
}
