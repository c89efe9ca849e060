/** `millrace invoke`: one function of the running deployment, with an event of your own. */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { MillraceError, messageOf } from '../common/errors.js';
import { startDeployment } from '../runtime/deployment.js';
import { deploymentOptions } from '../runtime/options.js';
import { ask, refusal } from './deployment-client.js';
import { defaultHttpUrl } from './options.js';
import { projectRoot } from './project-root.js';
import { version } from './version.js';

interface Flags {
  readonly event?: string;
  readonly async?: true;
  readonly json?: true;
  readonly http: string;
  readonly local?: true;
  readonly config?: string;
  readonly dataDir?: string;
}

export function registerInvoke(program: Command): void {
  program
    .command('invoke')
    .description(
      'invoke a function with an event of your own, in the running deployment or, with --local, by itself',
    )
    .argument('<function>', 'its name in serverless.yml')
    .option('--event <file>', 'JSON file with the event, - reads it from stdin (default: {})')
    .option('--async', 'queue it, as AWS services do: retried twice, then sent to its destination')
    .option('--json', 'the answer on one line (the default when the output is not a terminal)')
    .option('--http <url>', 'where the deployment listens', defaultHttpUrl())
    .option('--local', 'run the function here, with nothing else running: no deployment is needed')
    .addOption(new Option('--config <file>', 'serverless.yml, with --local'))
    .addOption(
      new Option('--data-dir <folder>', 'where data persists, with --local')
        .env('MILLRACE_DATA_DIR')
        .default('data'),
    )
    .action(async (name: string, flags: Flags) => {
      const event = flags.event === undefined ? '{}' : readEvent(flags.event);
      if (flags.local) return withLocal(flags, (http) => invoke(name, event, { ...flags, http }));
      return invoke(name, event, flags);
    });
}

async function invoke(name: string, event: string, flags: Flags): Promise<void> {
  const response = await ask(flags.http, `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, {
    method: 'POST',
    body: event,
    headers: {
      'content-type': 'application/json',
      'x-amz-invocation-type': flags.async ? 'Event' : 'RequestResponse',
      'x-amz-log-type': 'Tail',
    },
  });
  if (!response.ok) throw await refusal(flags.http, response);
  if (flags.async) {
    process.stderr.write(`millrace: ${name} is queued\n`);
    return;
  }
  const log = response.headers.get('x-amz-log-result');
  if (log !== null) process.stderr.write(`${Buffer.from(log, 'base64').toString().trimEnd()}\n`);
  const oneLine = flags.json === true || !process.stdout.isTTY;
  process.stdout.write(`${oneLine ? await response.text() : pretty(await response.text())}\n`);
  if (response.headers.get('x-amz-function-error') !== null) process.exitCode = 1;
}

/** A deployment of this process's own, on ports that nobody else is told, for the time of `use`. */
async function withLocal(flags: Flags, use: (http: string) => Promise<void>): Promise<void> {
  if (flags.async) {
    throw new MillraceError('--async queues the event for a deployment that goes on running', {
      code: 'FLAGS_CONTRADICT',
      hint: 'Leave out --local, or --async.',
    });
  }
  const where = { host: '127.0.0.1', mqttPort: '0', httpPort: '0' };
  const deployment = await startDeployment(
    deploymentOptions({ ...flags, ...where }, process.env, projectRoot()),
    version(),
    'invoke',
  );
  try {
    await use(`http://${deployment.host}:${deployment.httpPort}`);
  } finally {
    await deployment.stop();
  }
}

function readEvent(file: string): string {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new MillraceError(`the event ${file} cannot be read: ${messageOf(cause)}`, {
      code: 'EVENT_UNREADABLE',
      cause,
    });
  }
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new MillraceError(`the event ${file} is no JSON: ${messageOf(cause)}`, {
      code: 'EVENT_INVALID',
      cause,
    });
  }
  return text;
}

function pretty(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 2);
}
