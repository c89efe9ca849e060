/** `stream:` entries: event source mappings from a Kinesis stream of this file's `resources`. */
import { Ajv } from 'ajv';
import type { StreamTrigger } from './manifest.js';
import type { PathKeys, Problems } from './problems.js';
import { suggestion } from './problems.js';

/** The streams that `resources` declares: logical id -> name. */
export type StreamNames = ReadonlyMap<string, string>;

/** Settings that AWS takes and the local poller does not have yet; with this value they change nothing. */
const NOT_YET: Readonly<Record<string, unknown>> = {
  parallelizationFactor: 1,
  tumblingWindowInSeconds: 0,
  filterPatterns: undefined,
  destinations: undefined,
  consumer: undefined,
  startingPositionTimestamp: undefined,
};

/** Ranges: Lambda's CreateEventSourceMapping. Defaults: osls', where it has any (batchSize 10), else Lambda's. */
const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['arn'],
  properties: {
    arn: {},
    type: { enum: ['kinesis'] },
    batchSize: { type: 'integer', minimum: 1, maximum: 10_000, default: 10 },
    batchWindow: { type: 'integer', minimum: 0, maximum: 300, default: 0 },
    startingPosition: { enum: ['TRIM_HORIZON', 'LATEST'], default: 'TRIM_HORIZON' },
    maximumRetryAttempts: { type: 'integer', minimum: -1, maximum: 10_000, default: -1 },
    maximumRecordAgeInSeconds: {
      type: 'integer',
      minimum: -1,
      maximum: 604_800,
      not: { minimum: 0, maximum: 59 },
      default: -1,
    },
    bisectBatchOnFunctionError: { type: 'boolean', default: false },
    functionResponseType: { enum: ['ReportBatchItemFailures'] },
    enabled: { type: 'boolean', default: true },
  },
};
const KNOWN = Object.keys(schema.properties);
const validate = new Ajv({ allErrors: true, useDefaults: true }).compile(schema);

interface Checked {
  readonly batchSize: number;
  readonly batchWindow: number;
  readonly startingPosition: StreamTrigger['startingPosition'];
  readonly maximumRetryAttempts: number;
  readonly maximumRecordAgeInSeconds: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly functionResponseType?: string;
  readonly enabled: boolean;
}

/** One trigger, or none when a problem was added. */
export function streamTrigger(
  value: unknown,
  at: PathKeys,
  streams: StreamNames,
  problems: Problems,
): StreamTrigger[] {
  const given: Record<string, unknown> =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : { arn: value };
  const before = problems.list.length;
  const stream = streamOf(given.arn, [...at, 'arn'], streams, problems);
  for (const [key, harmless] of Object.entries(NOT_YET)) {
    if (given[key] !== undefined && given[key] !== harmless) notYet(key, '');
    delete given[key];
  }
  if (given.type === 'dynamodb') {
    notYet('type', ' dynamodb');
    delete given.type;
  }
  if (given.startingPosition === 'AT_TIMESTAMP') {
    notYet('startingPosition', ' AT_TIMESTAMP');
    delete given.startingPosition;
  }
  if (!validate(given)) problems.addSchemaErrors(at, validate.errors ?? [], () => KNOWN);
  const checked = given as unknown as Checked;
  if (checked.batchSize > 10 && checked.batchWindow === 0) {
    problems.add([...at, 'batchWindow'], 'must be at least 1 (second) on AWS with a batchSize above 10');
  }
  if (stream === undefined || problems.list.length > before) return [];
  const age = checked.maximumRecordAgeInSeconds;
  return [
    {
      type: 'stream',
      source: 'kinesis',
      stream,
      arn: `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
      bootstrapServers: [],
      parallelizationFactor: 1,
      tumblingWindowMs: 0,
      filterPatterns: [],
      batchSize: checked.batchSize,
      batchWindowMs: checked.batchWindow * 1000,
      startingPosition: checked.startingPosition,
      maximumRetryAttempts: checked.maximumRetryAttempts,
      maximumRecordAgeMs: age === -1 ? -1 : age * 1000,
      bisectBatchOnFunctionError: checked.bisectBatchOnFunctionError,
      reportBatchItemFailures: checked.functionResponseType === 'ReportBatchItemFailures',
      enabled: checked.enabled,
    },
  ];

  function notYet(key: string, what: string): void {
    problems.add([...at, key], `${key}${what} is known on AWS, but the local runtime cannot honour it yet`);
  }
}

/** The stream an ARN stands for: `!GetAtt Telemetry.Arn`, in either form, or a literal one. */
function streamOf(arn: unknown, at: PathKeys, streams: StreamNames, problems: Problems): string | undefined {
  const reference = (Object(arn) as Record<string, unknown>)['Fn::GetAtt'];
  const [id, attribute] = Array.isArray(reference) ? reference : String(reference).split('.');
  if (reference !== undefined && attribute === 'Arn') {
    const name = streams.get(String(id));
    if (name !== undefined) return name;
    problems.add(at, `no Kinesis stream ${id} under resources${suggestion(String(id), [...streams.keys()])}`);
    return undefined;
  }
  const literal = typeof arn === 'string' ? /^arn:[\w-]+:kinesis:.*:stream\/(.+)$/.exec(arn)?.[1] : undefined;
  const names = [...streams.values()];
  if (literal !== undefined && names.includes(literal)) return literal;
  problems.add(
    at,
    literal === undefined
      ? 'must be !GetAtt <stream>.Arn of a Kinesis stream under resources'
      : `no Kinesis stream named ${literal} under resources${suggestion(literal, names)}`,
  );
  return undefined;
}
