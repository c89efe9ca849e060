#!/usr/bin/env node
/** The `millrace` command. */
import { Command } from 'commander';
import { reportAndExit } from './failure.js';
import { outliveReaders } from './output.js';
import { version } from './version.js';

/** In the order of the help. Only the module of the command that is asked for is loaded: all of them take half a second. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  start: async () => (await import('./start.js')).registerStart,
  dev: async () => (await import('./dev.js')).registerDev,
  simulate: async () => (await import('./simulate.js')).registerSimulate,
  scenarios: async () => (await import('./scenarios.js')).registerScenarios,
  report: async () => (await import('./report.js')).registerReport,
  rebuild: async () => (await import('./rebuild-windows.js')).registerRebuild,
  record: async () => (await import('./record.js')).registerRecord,
  replay: async () => (await import('./replay.js')).registerReplay,
  bill: async () => (await import('./bill.js')).registerBill,
  invoke: async () => (await import('./invoke.js')).registerInvoke,
  functions: async () => (await import('./functions.js')).registerFunctions,
  aggregations: async () => (await import('./aggregations.js')).registerAggregations,
  rules: async () => (await import('./rules.js')).registerRules,
  alerts: async () => (await import('./alerts.js')).registerAlerts,
  silences: async () => (await import('./silences.js')).registerSilences,
  deliveries: async () => (await import('./deliveries.js')).registerDeliveries,
  audit: async () => (await import('./audit.js')).registerAudit,
};

async function main(asked: string | undefined): Promise<void> {
  const program = new Command('millrace')
    .description('A portable serverless backend for IoT telemetry')
    // Without the usual -V, which is the version of MQTT to whoever simulates.
    .version(version(), '--version')
    .showHelpAfterError();
  const known = asked !== undefined && Object.hasOwn(COMMANDS, asked) ? COMMANDS[asked] : undefined;
  const loads = known !== undefined ? [known] : asked === '--version' ? [] : Object.values(COMMANDS);
  for (const load of loads) (await load())(program);
  await program.parseAsync();
}

outliveReaders([process.stdout, process.stderr]);
main(process.argv[2]).catch(reportAndExit);
