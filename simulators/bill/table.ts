/** The bill as text for a terminal: the total, by service, what to change first, and what to look out for. */
import type { Bill } from './bill.js';
import { provisionedWins } from './break-even.js';
import { amount, dollars, percent, seconds } from './figures.js';
import type { Line } from './meter.js';

/** Savings below this share of the total are not worth a line. */
const WORTH = 0.005;
const MOST_ALTERNATIVES = 5;
const MOST_CELLS = 6;

/** @param details with every line's arithmetic */
export function billText(bill: Bill, details = false): string {
  return `${[
    ...heading(bill),
    '',
    ...services(bill, details),
    '',
    ...functions(bill),
    '',
    ...firstChanges(bill),
    '',
    ...batchSettings(bill),
    '',
    ...kinesis(bill),
    '',
    ...kafka(bill, details),
    ...lookOut(bill),
    '',
    ...notes(bill, details),
  ].join('\n')}\n`;
}

function heading({ profile, total, region, date, choices }: Bill): string[] {
  const { devices, eventsPerSecond, payloadBytes, settings } = profile;
  return [
    `${dollars(total.month)} a month on AWS (${region}, prices of ${date})`,
    `  ${dollars(total.perDevice)} a device, ${dollars(total.perMillionEvents)} a million events`,
    `  ${amount(devices)} devices, ${amount(eventsPerSecond.mean)} events/s (peak ${amount(eventsPerSecond.peak)}), ${amount(payloadBytes.mean)} B each; Kinesis ${choices.kinesis}, Lambda ${settings.architecture === choices.architecture ? '' : 'on '}${choices.architecture}`,
  ];
}

function services({ services, total }: Bill, details: boolean): string[] {
  const rows = [
    ['SERVICE', 'A MONTH', 'SHARE', 'MOST OF IT'],
    ...services.map(({ name, cost, lines }) => [
      name,
      dollars(cost),
      shareOf(cost, total.month),
      mostOf(lines),
    ]),
    ['total', dollars(total.month), '', ''],
  ];
  const lines = table(rows, [1, 2]);
  if (!details) return lines;
  return [
    ...lines,
    ...services.flatMap(({ name, lines: all }) => [
      '',
      `${name}`,
      ...all.map(({ what, arithmetic }) => `  ${what}: ${arithmetic}`),
    ]),
  ];
}

function shareOf(cost: number, total: number): string {
  return total === 0 ? '' : percent(cost / total);
}

function mostOf(lines: readonly Line[]): string {
  const line = lines.reduce<Line | null>(
    (most, one) => (most === null || one.cost > most.cost ? one : most),
    null,
  );
  return line === null || line.cost === 0 ? '' : `${line.what} ${dollars(line.cost)}`;
}

function functions({ functions }: Bill): string[] {
  return table(
    [
      [
        'FUNCTION',
        'MEMORY',
        'INVOCATIONS',
        'RECORDS',
        'DURATION',
        'GB-SECONDS',
        'WORST WAIT',
        'BATCH CLOSES BY',
      ],
      ...functions.map(
        ({ name, trigger, memoryMB, invocations, records, seconds: took, gbSeconds, batches }) => [
          name,
          `${memoryMB} MB`,
          amount(invocations),
          batches === null ? '' : amount(records),
          seconds(took),
          amount(gbSeconds),
          batches === null ? '' : seconds(batches.latency.worst),
          batches === null ? trigger : batches.closes,
        ],
      ),
    ],
    [1, 2, 3, 4, 5, 6],
  );
}

function firstChanges({ alternatives, total }: Bill): string[] {
  const worth = alternatives.filter(({ saves }) => saves > total.month * WORTH).slice(0, MOST_ALTERNATIVES);
  if (worth.length === 0) return ['What to change first: nothing saves as much as a half per cent.'];
  return [
    'What to change first (each alone)',
    ...worth.map(
      ({ what, saves, why }) => `  saves ${dollars(saves)} (${shareOf(saves, total.month)})  ${what}: ${why}`,
    ),
  ];
}

function batchSettings({ grid }: Bill): string[] {
  const { functions, cells, cheapest, maxSeconds, byFunction } = grid;
  if (functions.length === 0)
    return ['No function reads telemetry, so there are no batch settings to compare.'];
  const allowed = cells.filter(({ behind, worstSeconds }) => !behind && worstSeconds <= maxSeconds);
  // Windows that are longer than batches take to fill make no difference: the shortest stands for them.
  const different = allowed.filter(
    (cell, i) =>
      allowed.findIndex(({ total, batchSize }) => total === cell.total && batchSize === cell.batchSize) === i,
  );
  const shown = different.sort((a, b) => a.total - b.total).slice(0, MOST_CELLS);
  return [
    `Other batch settings for ${functions.join(', ')}: the cheapest that keep a record at most ${seconds(maxSeconds)}`,
    ...table(
      [
        ['  batchSize', 'batchWindow', 'factor', 'worst wait', 'Lambda', 'DynamoDB', 'whole bill'],
        ...shown.map((cell) => [
          `${cell === cheapest ? '*' : ' '} ${cell.batchSize}`,
          `${cell.batchWindowSeconds} s`,
          String(cell.parallelizationFactor),
          seconds(cell.worstSeconds),
          dollars(cell.lambda),
          dollars(cell.dynamo),
          dollars(cell.total),
        ]),
      ],
      [1, 2, 3, 4, 5, 6],
    ),
    ...byFunction.map(({ name, now, best }) =>
      best === null
        ? `  ${name}: no settings are that quick (now ${seconds(now.worstSeconds)})`
        : `  ${name} alone: batchSize ${best.batchSize}, batchWindow ${best.batchWindowSeconds}, parallelizationFactor ${best.parallelizationFactor}: ${dollars(best.total - now.total)} a month against now`,
    ),
  ];
}

function kinesis({ breakEven, profile }: Bill): string[] {
  const { changes, points } = breakEven;
  const own = profile.eventsPerSecond.mean;
  const text =
    changes.length === 0
      ? `${provisionedWins(points[0]!) ? 'provisioned' : 'on demand'} is the cheaper one from a hundredth to a hundred times this rate`
      : changes.map(({ rate, cheaper }) => `from ${amount(rate)} events/s ${cheaper}`).join(', ');
  return [`Kinesis, provisioned against on demand: ${text} (this load: ${amount(own)} events/s)`];
}

function kafka({ kafka: sizing }: Bill, details: boolean): string[] {
  const { partitions, brokers, storage, replication, serverless, consumer } = sizing;
  return [
    `The same on Kafka: ${partitions.value} partitions, ${brokers.value} brokers, replication ${replication}, ${amount(storage.value)} GB of disk; MSK Serverless ${dollars(serverless.cost)} a month${serverless.tooMuch ? ' (above its quota)' : ''}`,
    ...(details
      ? [
          `  partitions: ${partitions.arithmetic}`,
          `  consumer: ${consumer.arithmetic}`,
          `  brokers: ${brokers.arithmetic}`,
          `  storage: ${storage.arithmetic}`,
          ...serverless.lines.map(({ what, arithmetic }) => `  MSK Serverless ${what}: ${arithmetic}`),
        ]
      : []),
  ];
}

function lookOut({ quotas, warnings }: Bill): string[] {
  const lines = [
    ...quotas
      .filter(({ exceeded }) => exceeded)
      .map(
        ({ quota, used, hint }) =>
          `  ${quota.what}: ${amount(used)} of ${amount(quota.limit)} ${quota.unit}. ${hint}`,
      ),
    ...warnings.map(({ what, hint }) => `  ${what}. ${hint}`),
  ];
  return lines.length === 0 ? [] : ['', 'Look out', ...lines];
}

function notes({ notes: all, uncertain }: Bill, details: boolean): string[] {
  const unverified = uncertain.filter(({ standing }) => standing === 'unverified').map(({ what }) => what);
  return [
    ...(details ? all : all.slice(0, -1)).map((note) => `- ${note}`),
    `- ${uncertain.length} prices come from third parties${unverified.length === 0 ? '' : `; without any source: ${unverified.join(', ')}`}. Sources and dates: simulators/bill/prices.json.`,
    ...(details ? [] : ['- Every line with its arithmetic: --details; all of it: --json.']),
  ];
}

/** @param right columns with figures */
function table(rows: readonly (readonly string[])[], right: readonly number[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}
