/** `millrace invoke`: one function of the running deployment, with an event of your own. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { MillraceError, messageOf } from '../common/errors.js';
import { ask, refusal } from './deployment-client.js';
import { defaultHttpUrl } from './options.js';

interface Flags {
  readonly event?: string;
  readonly async?: true;
  readonly json?: true;
  readonly http: string;
}

export function registerInvoke(program: Command): void {
  program
    .command('invoke')
    .description('invoke a function of the running deployment with an event of your own')
    .argument('<function>', 'its name in serverless.yml')
    .option('--event <file>', 'JSON file with the event, - reads it from stdin (default: {})')
    .option('--async', 'queue it, as AWS services do: retried twice, then sent to its destination')
    .option('--json', 'the answer on one line (the default when the output is not a terminal)')
    .option('--http <url>', 'where the deployment listens', defaultHttpUrl())
    .action(async (name: string, flags: Flags) => {
      const event = flags.event === undefined ? '{}' : readEvent(flags.event);
      const response = await ask(
        flags.http,
        `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`,
        {
          method: 'POST',
          body: event,
          headers: {
            'content-type': 'application/json',
            'x-amz-invocation-type': flags.async ? 'Event' : 'RequestResponse',
            'x-amz-log-type': 'Tail',
          },
        },
      );
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
    });
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
