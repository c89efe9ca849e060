/** `millrace silences`: keeps notifications back for a time. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { MillraceError } from '../common/errors.js';
import { durationText } from '../common/units.js';
import {
  type ActFlags,
  act,
  actsAs,
  asksDeployment,
  getList,
  type OperatorFlags,
} from './operator-client.js';
import { moment, printDocument, printList } from './operator-output.js';
import { type SilenceView, silenceColumns } from './operator-tables.js';
import { duration, time } from './parsers.js';

interface AddFlags extends ActFlags {
  readonly for?: number;
  readonly from?: number;
  readonly until?: number;
  readonly reason: string;
}

const EXAMPLES = `
Matchers are Alertmanager's; all of them must match: name="value", name!="value", name=~"pattern", name!~"pattern".
A name is a label, alertname, deviceId or severity. A pattern matches the whole value.

Examples:
  millrace silences add alertname=TooWarm 'deviceId=~"reefer-north-.*"' --for 2h --reason "door is being repaired"
  millrace silences add site=north --from 2026-03-01T20:00:00Z --until 2026-03-02T04:00:00Z --reason "night works"
  millrace silences expire 0b0f4b6e-3a2c-4a53-9a70-1e3a2c4a5301
`;

export function registerSilences(program: Command): void {
  const silences = program
    .command('silences')
    .description('silences of the running deployment: list, add, expire')
    .addHelpText('after', EXAMPLES);
  asksDeployment(silences.command('list', { isDefault: true }))
    .description('those that hold or are to come')
    .option('--all', 'those that are over, too')
    .action(async (flags: OperatorFlags & { readonly all?: true }) => {
      const query = { all: flags.all ? 'true' : undefined };
      const found = await getList<SilenceView>(flags.http, '/silences', query, MOST);
      printList(found, silenceColumns(Date.now()), 'There is no silence.', flags);
    });
  actsAs(silences.command('add'))
    .description('keep notifications of matching alerts back; what resolves is told all the same')
    .argument('<matchers...>')
    .option('--for <duration>', 'how long: 2h, 1h30m, 3d', duration)
    .option('--from <time>', 'not before', time)
    .option('--until <time>', 'instead of --for', time)
    .requiredOption('--reason <text>', 'why, for whoever wonders')
    .action(add);
  actsAs(silences.command('expire'))
    .description('end a silence now')
    .argument('<id>')
    .action(async (id: string, flags: ActFlags) => {
      const query = new URLSearchParams({ author: flags.author });
      const path = `/silences/${encodeURIComponent(id)}?${query}`;
      printDocument(await act(flags.http, 'DELETE', path), () => `the silence ${id} is over\n`, flags);
    });
}

const MOST = 10_000;

async function add(matchers: readonly string[], flags: AddFlags): Promise<void> {
  if ((flags.for === undefined) === (flags.until === undefined)) {
    throw new MillraceError('a silence needs its end', {
      code: 'FLAGS_CONTRADICT',
      hint: 'Say --for 2h, or --until with a time.',
    });
  }
  const { author, reason, from, until } = flags;
  const body = {
    matchers,
    author,
    reason,
    id: randomUUID(),
    ...(from === undefined ? {} : { startsAt: from }),
    ...(until === undefined ? {} : { endsAt: until }),
    ...(flags.for === undefined ? {} : { duration: durationText(flags.for) }),
  };
  const made = await act<SilenceView>(flags.http, 'POST', '/silences', body);
  printDocument(
    made!,
    ({ id, selector, startsAt, endsAt }) =>
      `${selector} is silenced from ${moment(startsAt)} until ${moment(endsAt)}: ${id}\n`,
    flags,
  );
}
