/** What to change first: the same load with other choices, by what each saves. Pure. */
import { type Charges, chargesOf, type Pricing } from './charges.js';
import { dollars, seconds } from './figures.js';
import type { Grid } from './grid.js';
import type { Choices, LoadProfile } from './profile.js';
import { MESSAGE_STEP } from './services.js';

export interface Alternative {
  readonly what: string;
  readonly why: string;
  /** US dollars a month; negative when it costs more. */
  readonly saves: number;
}

/** Readings that a device may well hold back to send them together. */
const READINGS_TOGETHER = 10;

/** Seconds; as long as the shortest rollup. */
const LONGER_WINDOW = 60;
/** Hours that Kinesis keeps records without a charge. */
const FREE_RETENTION = 24;

/** Each choice alone, everything else as it is; the greatest saving first. */
export function alternativesOf(
  profile: LoadProfile,
  pricing: Pricing,
  charges: Charges,
  grid: Grid,
): Alternative[] {
  const { choices } = pricing;
  const other = (change: Partial<Choices>, what: string, why: string): Alternative => ({
    what,
    why,
    saves: charges.total - chargesOf(profile, { ...pricing, choices: { ...choices, ...change } }).total,
  });
  const found: Alternative[] = [];
  if (!choices.basicIngest) {
    found.push(
      other(
        { basicIngest: true },
        'Publish to $aws/rules/<rule>/… (Basic Ingest)',
        'rules get the events without the price of messages; nobody else can subscribe to them',
      ),
    );
  }
  if (choices.kinesis !== 'provisioned')
    found.push(
      other(
        { kinesis: 'provisioned' },
        'Provisioned Kinesis',
        'shards by the hour instead of data by the GB',
      ),
    );
  if (choices.kinesis !== 'on-demand')
    found.push(
      other(
        { kinesis: 'on-demand' },
        'On-demand Kinesis',
        'no shards to plan; each record counts as 1 KB at least',
      ),
    );
  if (choices.kinesis !== 'advantage')
    found.push(
      other({ kinesis: 'advantage' }, 'Kinesis On-demand Advantage', 'for accounts with 25 MB/s and more'),
    );
  if (choices.architecture === 'x86_64')
    found.push(other({ architecture: 'arm64' }, 'Lambda on ARM', 'a fifth less for the same time'));
  if (choices.enhancedFanOut)
    found.push(
      other(
        { enhancedFanOut: false },
        'No enhanced fan-out',
        'functions share a shard’s 2 MB/s and poll once a second',
      ),
    );
  const { cheapest, maxSeconds } = grid;
  if (cheapest !== null) {
    const { batchSize, batchWindowSeconds, parallelizationFactor } = cheapest;
    found.push({
      what: `batchSize ${batchSize}, batchWindow ${batchWindowSeconds}, parallelizationFactor ${parallelizationFactor} for ${grid.functions.join(', ')}`,
      why: `fewer invocations and writes; a record waits ${seconds(cheapest.worstSeconds)} at most (asked for: ${seconds(maxSeconds)})`,
      saves: charges.total - cheapest.total,
    });
  }
  found.push(...settingsOf(profile, pricing, charges));
  const together = messagesTogether(profile, pricing, charges);
  if (together !== null) found.push(together);
  return found.sort((a, b) => b.saves - a.saves);
}

/** Settings of serverless.yml other than batches. */
function settingsOf(profile: LoadProfile, pricing: Pricing, charges: Charges): Alternative[] {
  const { settings } = profile;
  const saved = (change: Partial<LoadProfile['settings']>) =>
    charges.total - chargesOf({ ...profile, settings: { ...settings, ...change } }, pricing).total;
  const found: Alternative[] = [];
  if (settings.windowSeconds < LONGER_WINDOW) {
    found.push({
      what: `window: ${LONGER_WINDOW}s instead of ${settings.windowSeconds}s in aggregations/`,
      why: 'each window is a row that is written, indexed, closed and kept',
      saves: saved({ windowSeconds: LONGER_WINDOW }),
    });
  }
  if (settings.streams.some(({ retentionHours }) => retentionHours > FREE_RETENTION)) {
    const streams = settings.streams.map((stream) => ({
      ...stream,
      retentionHours: Math.min(stream.retentionHours, FREE_RETENTION),
    }));
    found.push({
      what: `RetentionPeriodHours: ${FREE_RETENTION}`,
      why: 'the first day is free; what a function has not read by then is lost to it',
      saves: saved({ streams }),
    });
  }
  return found;
}

/** IoT Core's steps of 5 KB hold many small readings; what is behind it gets as many events as before. */
function messagesTogether(
  { payloadBytes }: LoadProfile,
  { assumptions }: Pricing,
  { services }: Charges,
): Alternative | null {
  const fitting = Math.floor((MESSAGE_STEP - assumptions.topicBytes) / Math.max(1, payloadBytes.p95));
  const readings = Math.min(READINGS_TOGETHER, fitting);
  if (readings < 2) return null;
  const metered = ['messages of events', 'rules triggered', 'actions executed'];
  const lines = services.find(({ name }) => name === 'IoT Core')?.lines ?? [];
  const cost = lines.filter(({ what }) => metered.includes(what)).reduce((sum, line) => sum + line.cost, 0);
  return {
    what: `${readings} readings in one message`,
    why: `a message is priced up to 5 KB, and ${readings} readings fit; each waits for the last of them (of ${dollars(cost)} for messages, rules and actions)`,
    saves: cost * (1 - 1 / readings),
  };
}
