/** `millrace alerts`: what fires, and what operators do about it. */
import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import type { AlertView } from '../functions/query/alertViews.js';
import { ALERT_STATES } from '../stores/alerts.js';
import {
  type ActFlags,
  act,
  actsAs,
  asksDeployment,
  getDocument,
  getList,
  type OperatorFlags,
} from './operator-client.js';
import { printDocument, printList } from './operator-output.js';
import { type AlertDetail, alertColumns, alertText } from './operator-tables.js';
import { count } from './parsers.js';

interface ListFlags extends OperatorFlags {
  readonly state?: string;
  readonly rule?: string;
  readonly severity?: string;
  readonly device?: string;
  readonly all?: true;
  readonly limit: number;
}

const EXAMPLES = `
Examples:
  millrace alerts list
  millrace alerts list --severity critical --json | jq -r .fingerprint
  millrace alerts ack 1f0c5a9b2d3e4f60 "looking at the compressor"
`;

export function registerAlerts(program: Command): void {
  const alerts = program
    .command('alerts')
    .description('alerts of the running deployment: list, show, acknowledge, comment')
    .addHelpText('after', EXAMPLES);
  asksDeployment(alerts.command('list', { isDefault: true }))
    .description('pending, firing and no-data alerts, newest first')
    .addOption(new Option('--state <state>', 'only this state').choices([...ALERT_STATES]))
    .option('--rule <name>', 'only of this rule')
    .option('--severity <severity>', 'only of this severity')
    .option('--device <id>', 'only of this device')
    .option('--all', 'resolved ones, too')
    .option('--limit <n>', 'how many at most', count, 1_000)
    .action(list);
  asksDeployment(alerts.command('show'))
    .description('one alert: value, labels, comments, silences, who was told when')
    .argument('<fingerprint>')
    .action(async (fingerprint: string, flags: OperatorFlags) => {
      const alert = await getDocument<AlertDetail>(flags.http, alertPath(fingerprint));
      printDocument(alert, (document) => alertText(document, Date.now()), flags);
    });
  actsAs(alerts.command('ack'))
    .description('say that you take care of it: no repetition, no escalation until it resolves')
    .argument('<fingerprint>')
    .argument('[comment...]', 'what you are doing')
    .action(async (fingerprint: string, words: readonly string[], flags: ActFlags) => {
      const body = { author: flags.author, comment: words.join(' ') };
      const done = await act(flags.http, 'POST', `${alertPath(fingerprint)}/acknowledge`, body);
      printDocument(done, () => `${fingerprint} is acknowledged by ${flags.author}\n`, flags);
    });
  actsAs(alerts.command('unack'))
    .description('take the acknowledgement back')
    .argument('<fingerprint>')
    .action(async (fingerprint: string, flags: ActFlags) => {
      const query = new URLSearchParams({ author: flags.author });
      await act(flags.http, 'DELETE', `${alertPath(fingerprint)}/acknowledge?${query}`);
      printDocument({ fingerprint }, () => `${fingerprint} is not acknowledged\n`, flags);
    });
  actsAs(alerts.command('comment'))
    .description('add a comment, for whoever looks next')
    .argument('<fingerprint>')
    .argument('<text...>')
    .action(async (fingerprint: string, words: readonly string[], flags: ActFlags) => {
      const body = { author: flags.author, text: words.join(' '), id: randomUUID() };
      const done = await act(flags.http, 'POST', `${alertPath(fingerprint)}/comments`, body);
      printDocument(done, () => 'the comment was added\n', flags);
    });
}

async function list(flags: ListFlags): Promise<void> {
  const { http, state, rule, severity, device, all, limit } = flags;
  const active = state === undefined && all !== true ? 'true' : undefined;
  const query = { active, state, rule, severity, deviceId: device };
  const alerts = await getList<AlertView>(http, '/alerts', query, limit);
  printList(alerts, alertColumns(Date.now()), 'There is no such alert.', flags);
}

function alertPath(fingerprint: string): string {
  return `/alerts/${encodeURIComponent(fingerprint)}`;
}
