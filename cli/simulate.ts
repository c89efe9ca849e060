/** `millrace simulate`: a scenario over real connections, and a verdict on what became of its events. */
import type { Command } from 'commander';
import { type LocalBackend, startLocalBackend } from '../simulators/chaos/backend.js';
import type { Target } from '../simulators/drivers/driver.js';
import { parseTarget } from '../simulators/drivers/target.js';
import { commandText } from './command-text.js';
import { defaultHttpUrl, endOnSignal } from './options.js';
import { projectRoot } from './project-root.js';
import { overridesOf, type SimulateFlags, simulateFlags } from './simulate-flags.js';
import { DEMO, runSimulation, simulationOutput } from './simulation.js';

/** k6's exit code for a threshold that was crossed: something was lost. */
export const EXIT_LOST = 99;

export function registerSimulate(program: Command): void {
  const command = program
    .command('simulate')
    .description('run a scenario against a backend or any broker, and check what comes out')
    .argument('[scenario]', 'a scenario file, or the name of a ready one (millrace scenarios)', DEMO);
  simulateFlags(command).action(async (scenario: string, flags: SimulateFlags) => {
    const signal = endOnSignal();
    const backend = flags.startBackend === true ? await startedBackend(flags) : null;
    try {
      const result = await runSimulation(
        {
          scenario,
          overrides: overridesOf(flags),
          ...placeOf(flags, backend),
          verdict: flags.oracle ? (flags.transportOnly ? 'transport' : 'by what answers') : 'none',
          config: flags.config ?? null,
          backend,
          sameProcess: false,
          loop: flags.closed === undefined ? { kind: 'open' } : { kind: 'closed', inFlight: flags.closed },
          connections: flags.connections ?? null,
          connectRate: flags.connrate,
          processes: flags.processes,
          settleMs: flags.settle,
          command: commandText(process.argv.slice(2)),
          out: flags.out ?? null,
          html: flags.html ?? null,
          compare: flags.compare ?? null,
          signal,
        },
        simulationOutput(flags.json),
      );
      if (!result.verdict.ok) process.exitCode = EXIT_LOST;
    } finally {
      await backend?.stop();
    }
  });
}

function startedBackend({ config }: SimulateFlags): Promise<LocalBackend> {
  return startLocalBackend({ root: projectRoot(), ...(config === undefined ? {} : { config }) });
}

interface Place {
  readonly target: Target;
  readonly alertTarget: Target | null;
  readonly http: string;
}

function placeOf(flags: SimulateFlags, backend: LocalBackend | null): Place {
  const { MILLRACE_HOST: envHost = '127.0.0.1', MILLRACE_MQTT_PORT: envPort } = process.env;
  if (backend !== null) {
    const { target } = parseTarget({ ...flags, host: backend.host, port: backend.mqttPort });
    return { target, alertTarget: null, http: backend.httpUrl };
  }
  // The port of the environment is of plain MQTT, on the host of the environment or one named without a scheme.
  const plain = flags.host?.includes('://') !== true && flags.ws !== true && flags.cafile === undefined;
  const port = flags.port ?? (plain ? envPort : undefined);
  const { target } = parseTarget({
    ...flags,
    host: flags.host ?? envHost,
    ...(port === undefined ? {} : { port }),
  });
  const http = flags.http ?? httpOf(flags, target);
  return { target, alertTarget: alertsBeside(target, http), http };
}

/** Of the host that is published to; as the environment says when no host was named. */
function httpOf({ host }: SimulateFlags, { transport, host: name, port }: Target): string {
  if (host === undefined) return defaultHttpUrl();
  const address = name.includes(':') ? `[${name}]` : name;
  if (transport.startsWith('http')) return `${transport}://${address}:${port}`;
  return `http://${address}:${process.env.MILLRACE_HTTP_PORT ?? 8080}`;
}

/** Millrace's HTTP port speaks MQTT over WebSocket as well: alerts of a run over HTTP are heard there. */
function alertsBeside(target: Target, http: string): Target | null {
  if (!target.transport.startsWith('http') || !URL.canParse(http)) return null;
  const { hostname, port, protocol } = new URL(http);
  const isSame = hostname.replace(/^\[|\]$/g, '') === target.host && Number(port) === target.port;
  if (!isSame) return null;
  return { ...target, transport: protocol === 'https:' ? 'wss' : 'ws', path: '/mqtt' };
}
