/** What the commands that run a deployment have in common: its flags, the banner, and how signals end it. */
import { type Command, Option } from 'commander';
import { type Deployment, startDeployment } from '../runtime/deployment.js';
import { deploymentOptions, type Flags } from '../runtime/options.js';
import { banner } from './banner.js';
import { describeFailure } from './failure.js';
import { projectRoot } from './project-root.js';
import { version } from './version.js';

export function deploymentFlags(command: Command): Command {
  return command
    .addOption(new Option('--config <file>', 'serverless.yml to run'))
    .addOption(
      new Option('--data-dir <folder>', 'where data persists').env('MILLRACE_DATA_DIR').default('data'),
    )
    .addOption(
      new Option('--host <address>', 'address to listen on').env('MILLRACE_HOST').default('127.0.0.1'),
    )
    .addOption(
      new Option('--mqtt-port <port>', '0 takes a free one').env('MILLRACE_MQTT_PORT').default('1883'),
    )
    .addOption(
      new Option('--http-port <port>', '0 takes a free one').env('MILLRACE_HTTP_PORT').default('8080'),
    )
    .addOption(
      new Option(
        '--roles <list>',
        'what this process does: gateway,functions,schedules,api (default: all)',
      ).env('MILLRACE_ROLES'),
    );
}

/** Starts the deployment and says so; from then on a signal drains and ends the process. */
export async function run(flags: Flags): Promise<Deployment> {
  const deployment = await startDeployment(deploymentOptions(flags, process.env, projectRoot()), version());
  // Before the banner: whoever has read it may send a signal at once.
  stopOnSignals(deployment);
  process.stdout.write(banner(deployment, version(), process.stdout.isTTY === true));
  return deployment;
}

/** npm hands a Ctrl-C of the terminal on to a process that has already got it: within this time they are one (ms). */
const SAME_SIGNAL_MS = 500;

/** The first signal drains; a second one of a person who has lost patience ends at once. */
function stopOnSignals(deployment: Deployment): void {
  let stoppingSince: number | undefined;
  const stop = () => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(130);
      return;
    }
    stoppingSince = performance.now();
    process.stdout.write('\nmillrace: draining …\n');
    deployment.stop().then(
      () => {
        process.stdout.write('millrace: stopped; everything acknowledged is on disk\n');
        process.exit(0);
      },
      (error: unknown) => {
        process.stderr.write(`millrace: ${describeFailure(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
