/** Gets a backtest together: rules, project, and what is replayed. */
import { join, relative } from 'node:path';
import pino from 'pino';
import { Backtest } from '../functions/alert/backtest/backtest.js';
import { compareEpisodes, sinceBegin } from '../functions/alert/backtest/difference.js';
import type { Episode } from '../functions/alert/backtest/episode.js';
import type { Rule } from '../functions/alert/rules.js';
import { recordedEpisodes, runStream } from '../runtime/backtest/stream.js';
import { type RuleProject, readRuleProject } from '../runtime/manifest/rule-project.js';
import type { DeploymentOptions } from '../runtime/options.js';
import { arrivalAt } from '../runtime/rebuild/records.js';
import { openStoredDeployment } from '../runtime/stored-deployment.js';
import { undoable } from '../runtime/undo.js';
import { EventDecoder } from '../schemas/decode.js';
import { deviceTags, tagNames } from '../schemas/device-tags.js';
import { runRecorded } from '../simulators/backtest/recorded.js';
import type { BacktestResult } from '../simulators/backtest/result.js';
import type { OpenOptions } from '../simulators/open-recording.js';
import type { Moment } from '../simulators/selection.js';
import type { StreamSource } from '../streams/stream.js';
import { progressLine } from './progress-line.js';
import { rulesOf } from './rules-project.js';

export interface Asked {
  /** Absolute; undefined: those of the project. */
  readonly rules: string | undefined;
  /** Absolute, or `recorded`; undefined: as is usual for what is replayed. */
  readonly against: string | undefined;
  readonly config: string;
  readonly from: Moment | undefined;
  readonly to: Moment | undefined;
}

/** What is to be compared. */
interface Sides {
  readonly after: { readonly name: string; readonly rules: readonly Rule[] };
  /** Null: nothing, or what is recorded. */
  readonly before: { readonly name: string; readonly rules: readonly Rule[] } | null;
}

const TICK_MS = 1_000;
const SHOWN_BAD_ROWS = 5;

/** Of a file. */
export async function backtestRecording(open: OpenOptions, asked: Asked): Promise<BacktestResult> {
  const project = await readRuleProject(asked.config, process.env);
  const own = join(project.root, 'rules');
  const against = asked.against ?? (asked.rules === undefined || asked.rules === own ? undefined : own);
  const sides = sidesOf(project, asked.rules, against);
  const backtest = backtestOf(project, sides, TICK_MS);
  const progress = progressLine(process.stderr);
  let bad = 0;
  const facts = await runRecorded({
    // Of rows a topic is made that telemetry comes on here.
    open: { ...open, rows: { ...open.rows, topic: project.settings.gateway.telemetryTopics[0]! } },
    telemetryTopics: project.settings.gateway.telemetryTopics,
    backtest,
    onBadRow({ line, reason }) {
      if (bad++ < SHOWN_BAD_ROWS) process.stderr.write(`millrace: ${open.file}:${line}: ${reason}\n`);
    },
    onProgress: progress.show,
  }).finally(progress.clear);
  const end = Math.floor(facts.last) + 1;
  const notes = [
    ...facts.notes,
    ...(facts.badRows > 0 ? [`${facts.badRows} rows of the file are bad and were left out`] : []),
    ...(facts.passedOver > 0 ? [`${facts.passedOver} messages are no telemetry and were passed over`] : []),
  ];
  const episodes = backtest.episodes;
  return resultOf({
    source: open.file,
    sides,
    before: sides.before === null ? null : episodes[1]!,
    beforeName: sides.before?.name ?? null,
    after: episodes[0]!,
    backtest,
    from: momentOf(asked.from, facts.first) ?? Math.floor(facts.first),
    to: Math.min(momentOf(asked.to, facts.first) ?? end, end),
    notes,
  });
}

/** Of a deployment's stream. @throws MillraceError `BACKTEST_NO_DATA`, and those of `openStoredDeployment` */
export async function backtestStream(options: DeploymentOptions, asked: Asked): Promise<BacktestResult> {
  const project = await readRuleProject(asked.config, process.env);
  const log = pino({ level: options.logLevel }, pino.destination({ fd: 2, sync: true }));
  const undo = undoable();
  const progress = progressLine(process.stderr);
  try {
    const { source, stored, manifest } = await openStoredDeployment(options, 'BACKTEST_NO_DATA', log, undo);
    const isRecorded = asked.against === undefined || asked.against === 'recorded';
    const all = sidesOf(project, asked.rules, isRecorded ? undefined : asked.against);
    // Their groups span partitions, which are read one after the other.
    const fleets = new Set([...aboutFleets(all.after), ...aboutFleets(all.before)]);
    const sides = { after: withoutFleets(all.after), before: all.before && withoutFleets(all.before) };
    const backtest = backtestOf(project, sides, null);
    const firstArrival =
      asked.from?.kind === 'after' || asked.to?.kind === 'after' ? await firstOf(source) : 0;
    const until = momentOf(asked.to, firstArrival) ?? Number.POSITIVE_INFINITY;
    const { trimmedBefore } = await runStream({ source, backtest, to: until, onProgress: progress.show });
    progress.clear();
    const { first, last, firstEvent, ahead } = backtest.counts;
    const notes =
      fleets.size === 0 ? [] : [`rules about fleets are not tried on streams: ${[...fleets].join(', ')}`];
    let [before, after] = [
      isRecorded ? await recordedEpisodes(stored.alerts, fleets) : (backtest.episodes[1] ?? null),
      backtest.episodes[0]!,
    ];
    let from = momentOf(asked.from, firstEvent) ?? firstEvent;
    if (isRecorded) {
      // Alerts that ended longer ago are forgotten, whatever the stream still has.
      const kept = last - manifest.settings.retention.alerts;
      const begin = Math.max(trimmedBefore ?? 0, kept);
      if (begin > first || trimmedBefore !== null) {
        const since = sinceBegin(before ?? [], after, begin + ahead);
        [before, after, from] = [since.before, since.after, Math.max(from, begin + ahead)];
        notes.push(
          `what began before ${new Date(begin + ahead).toISOString()} is left out: neither stream nor history has all of it`,
        );
      }
    }
    return resultOf({
      source: `the stream in ${options.dataDir}`,
      sides,
      before,
      beforeName: isRecorded ? 'as recorded' : (sides.before?.name ?? null),
      after,
      backtest,
      from,
      // Alerts have event times: data may be older than its arrival, by years when it was sent again.
      to: Math.min(until, last + 1) + ahead,
      notes,
    });
  } finally {
    progress.clear();
    await undo.all();
  }
}

type Side = Sides['after'];

function aboutFleets(side: Side | null): string[] {
  return (side?.rules ?? []).filter(({ fleet }) => fleet !== null).map(({ name }) => name);
}

function withoutFleets({ name, rules }: Side): Side {
  return { name, rules: rules.filter(({ fleet }) => fleet === null) };
}

function sidesOf(project: RuleProject, rules: string | undefined, against: string | undefined): Sides {
  const known = { tags: tagNames(project.settings.deviceTags) };
  const side = (folder: string) => ({ name: nameOf(folder), rules: rulesOf(folder, known) });
  return {
    after: side(rules ?? join(project.root, 'rules')),
    before: against === undefined ? null : side(against),
  };
}

function backtestOf(
  { settings, schemas }: RuleProject,
  { after, before }: Sides,
  tickMs: number | null,
): Backtest {
  return new Backtest({
    rules: [after.rules, ...(before === null ? [] : [before.rules])],
    decoder: new EventDecoder(schemas, settings),
    tagsOf: deviceTags(settings.deviceTags),
    tickMs,
  });
}

interface Found {
  readonly source: string;
  readonly sides: Sides;
  readonly before: readonly Episode[] | null;
  readonly beforeName: string | null;
  readonly after: readonly Episode[];
  readonly backtest: Backtest;
  readonly from: number;
  readonly to: number;
  readonly notes: readonly string[];
}

function resultOf({
  source,
  sides,
  before,
  beforeName,
  after,
  backtest,
  from,
  to,
  notes,
}: Found): BacktestResult {
  const { events, refused, errors } = backtest.counts;
  const span = Number.isFinite(from) && to > from ? { from, to } : { from: 0, to: 0 };
  return {
    source,
    before: beforeName,
    after: sides.after.name,
    span,
    events,
    refused,
    difference: compareEpisodes(before, after, span),
    notes: [
      ...notes,
      ...[...errors].map(
        ([rule, { reason, count }]) => `${rule} cannot be evaluated for ${count} events: ${reason}`,
      ),
    ],
  };
}

function momentOf(moment: Moment | undefined, first: number): number | undefined {
  if (moment === undefined) return undefined;
  return Math.floor(moment.kind === 'at' ? moment.time : first + moment.ms);
}

async function firstOf(source: StreamSource): Promise<number> {
  let first = Number.POSITIVE_INFINITY;
  for (let partition = 0; partition < source.partitions; partition++) {
    first = Math.min(first, (await arrivalAt(source, partition, source.ends(partition).start)) ?? first);
  }
  return first;
}

function nameOf(folder: string): string {
  const short = relative(process.cwd(), folder);
  return short === '' || short.startsWith('..') ? folder : short;
}
