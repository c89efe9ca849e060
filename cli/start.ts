/** `millrace start`: the embedded deployment, until a signal ends it. */
import type { Command } from 'commander';
import type { Flags } from '../runtime/options.js';
import { simulate } from '../simulators/simulate.js';
import { deploymentFlags, run } from './run.js';
import { EXIT_LOST, SIMULATION, simulationOutput } from './simulate.js';

export function registerStart(program: Command): void {
  deploymentFlags(program.command('start'))
    .description('start the embedded deployment: MQTT, HTTP, stream, functions and stores in one process')
    .option('--simulate', 'publish a small simulated fleet at once')
    .action(async (flags: Flags & { simulate?: boolean }) => {
      const deployment = await run(flags);
      if (flags.simulate) {
        const { host, mqttPort: port, httpPort } = deployment;
        const report = await simulate(
          { ...SIMULATION, host, port, http: `http://${host}:${httpPort}` },
          simulationOutput(),
        );
        if (!report.ok) process.exitCode = EXIT_LOST;
      }
    });
}
