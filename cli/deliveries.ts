/** `millrace deliveries`: notifications on their way, and those that were given up. */
import { type Command, Option } from 'commander';
import { MillraceError } from '../common/errors.js';
import { DELIVERY_STATES } from '../stores/notifications.js';
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
import {
  type DeliveryDetail,
  type DeliveryView,
  deliveryColumns,
  deliveryText,
  type TargetView,
  targetColumns,
} from './operator-tables.js';
import { count } from './parsers.js';

interface ListFlags extends OperatorFlags {
  readonly state?: string;
  readonly target?: string;
  readonly alert?: string;
  readonly limit: number;
}

const EXAMPLES = `
Examples:
  millrace deliveries list --state dead
  millrace deliveries targets
  millrace deliveries redrive --target oncall/webhook/0
`;

export function registerDeliveries(program: Command): void {
  const deliveries = program
    .command('deliveries')
    .description('notifications of the running deployment: list, show, redrive')
    .addHelpText('after', EXAMPLES);
  asksDeployment(deliveries.command('list', { isDefault: true }))
    .description('newest first')
    .addOption(new Option('--state <state>', 'only this state; dead: given up').choices([...DELIVERY_STATES]))
    .option('--target <name>', 'only for this target')
    .option('--alert <fingerprint>', 'only those that tell of this alert')
    .option('--limit <n>', 'how many at most', count, 100)
    .action(async (flags: ListFlags) => {
      const { http, state, target, alert, limit } = flags;
      const query = { state, target, fingerprint: alert };
      const found = await getList<DeliveryView>(http, '/deliveries', query, limit);
      printList(found, deliveryColumns(Date.now()), 'There is no such delivery.', flags);
    });
  asksDeployment(deliveries.command('show'))
    .description('one delivery: what it tells, and each attempt')
    .argument('<id>')
    .action(async (id: string, flags: OperatorFlags) => {
      const path = `/deliveries/${encodeURIComponent(id)}`;
      const delivery = await getDocument<DeliveryDetail>(flags.http, path);
      printDocument(delivery, (document) => deliveryText(document, Date.now()), flags);
    });
  asksDeployment(deliveries.command('targets'))
    .description('whom notifications are for: circuit breaker, and how many wait or were given up')
    .action(async (flags: OperatorFlags) => {
      const { items } = await getDocument<{ readonly items: readonly TargetView[] }>(flags.http, '/targets');
      printList(items, targetColumns(Date.now()), 'Nothing was ever told to a target.', flags);
    });
  actsAs(deliveries.command('redrive'))
    .description('try dead letters again: all of a target, or some')
    .argument('[ids...]')
    .option('--target <name>', 'all of this target')
    .action(async (ids: readonly string[], flags: ActFlags & { readonly target?: string }) => {
      const { author, target } = flags;
      if ((target === undefined) === (ids.length === 0)) {
        throw new MillraceError('say which dead letters are meant', {
          code: 'FLAGS_CONTRADICT',
          hint: 'Give their ids, or --target with the name of a target.',
        });
      }
      const body = { author, ...(target === undefined ? { ids } : { target }) };
      const done = await act<{ readonly redriven: number }>(flags.http, 'POST', '/deliveries/redrive', body);
      printDocument(done!, ({ redriven }) => `${redriven} due again\n`, flags);
    });
}
