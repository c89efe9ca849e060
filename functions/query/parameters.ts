/**
 * The API's parameters: each is declared once, with its JSON Schema for the OpenAPI document and the parser that the
 * routes use, so that the document cannot say anything else than what happens.
 */
import { ALERT_STATES, type AlertState } from '../../stores/alerts.js';
import { DELIVERY_STATES, type DeliveryState } from '../../stores/notifications.js';
import { PERIODS, type Period } from '../../stores/rollups.js';
import { badParameter } from './problem.js';
import { parseTime } from './timestamps.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Parameter<T = unknown> {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
  /** The value of what the client wrote, or of nothing; throws a 400 that names the parameter. */
  parse(text: string | undefined): T;
}

/** As OpenAPI describes it. */
export function parameterOf({ name, in: place, required, description, schema }: Parameter): JsonSchema {
  return { name, in: place, required, description, schema };
}

/** Turns `{name: Parameter<T>}` into `{name: T}`. */
export type Values<P extends Readonly<Record<string, Parameter>>> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never;
};

function query<T>(
  name: string,
  description: string,
  schema: JsonSchema,
  parse: (text: string) => T,
): Parameter<T | undefined> {
  return {
    name,
    in: 'query',
    required: false,
    description,
    schema,
    parse: (text) => (text === undefined ? undefined : parse(text)),
  };
}

function withDefault<T>(parameter: Parameter<T | undefined>, value: T): Parameter<T> {
  return { ...parameter, parse: (text) => parameter.parse(text) ?? value };
}

function oneOf<T extends string>(name: string, values: readonly T[]): (text: string) => T {
  return (text) => {
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) throw badParameter(name, `must be one of ${values.join(', ')}`);
    return value;
  };
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
export const MAX_AUTHOR = 100;

export const limit = withDefault(
  query(
    'limit',
    'How many items to answer at most.',
    { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
    (text) => {
      const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
      if (value < 1 || value > MAX_LIMIT) {
        throw badParameter('limit', `must be a whole number from 1 to ${MAX_LIMIT}`);
      }
      return value;
    },
  ),
  DEFAULT_LIMIT,
);

export const cursor = withDefault(
  query<string | null>(
    'cursor',
    'The `next` of the page before this one.',
    { type: 'string', minLength: 1 },
    (text) => {
      if (text === '') throw badParameter('cursor', 'must not be empty; leave it out for the first page');
      return text;
    },
  ),
  null,
);

const TIME: JsonSchema = {
  oneOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }],
};

function time(name: string, description: string, otherwise: number): Parameter<number> {
  const parse = (text: string) => {
    const value = parseTime(text);
    if (value === undefined) throw badParameter(name, 'must be an RFC 3339 timestamp or epoch milliseconds');
    return value;
  };
  return withDefault(query(name, description, TIME, parse), otherwise);
}

export const from = time(
  'from',
  'Only what starts at this time or later: RFC 3339, or epoch milliseconds. Default: the beginning.',
  0,
);
export const to = time(
  'to',
  'Only what starts before this time: RFC 3339, or epoch milliseconds. Default: the end.',
  Number.MAX_SAFE_INTEGER,
);

/** `from` and `to` together; an empty or reversed range is a mistake. */
export function rangeOf(values: { readonly from: number; readonly to: number }): {
  from: number;
  to: number;
} {
  if (values.from >= values.to) throw badParameter('to', 'must be later than from');
  return { from: values.from, to: values.to };
}

/** Of a query: some text that is not empty. */
function named(name: string, description: string): Parameter<string | undefined> {
  return query(name, description, { type: 'string', minLength: 1 }, (text) => {
    if (text === '') throw badParameter(name, 'must not be empty');
    return text;
  });
}

export const metric = named(
  'metric',
  'Only the figures of this metric. Of one that was never seen there are none: `metrics` is empty then.',
);

export const definitionOfDevice = named(
  'definition',
  'An aggregation per device, see `/aggregations`. Default: the one with `base`.',
);

export const period: Parameter<Period> = withDefault(
  query<Period>(
    'period',
    'Length of the buckets.',
    { enum: PERIODS, default: '1m' },
    oneOf('period', PERIODS),
  ),
  '1m',
);

export const state = query<AlertState>(
  'state',
  'Only alerts in this state.',
  { enum: ALERT_STATES },
  oneOf('state', ALERT_STATES),
);

export const deviceId = named('deviceId', 'Only alerts of this device.');

export const rule = named('rule', 'Only alerts of this rule.');
export const severity = named('severity', 'Only alerts of this severity.');

function flag(name: string, description: string): Parameter<boolean> {
  const texts = oneOf(name, ['true', 'false']);
  return withDefault(
    query(name, description, { type: 'boolean', default: false }, (text) => texts(text) === 'true'),
    false,
  );
}

export const active = flag('active', 'Only alerts that have not resolved; not together with `state`.');
export const all = flag('all', 'Those that are over, too, newest first and in pages.');

export const deliveryState = query<DeliveryState>(
  'state',
  'Only deliveries in this state; `dead`: given up, and waiting for a redrive.',
  { enum: DELIVERY_STATES },
  oneOf('state', DELIVERY_STATES),
);
export const target = named('target', 'Only deliveries for this target, `oncall/webhook/0`.');
export const ofAlert = named('fingerprint', 'Only deliveries that tell of this alert.');

/** Of requests that have no body. */
export const author: Parameter<string> = {
  ...named('author', 'Who does it: for the trail.'),
  required: true,
  schema: { type: 'string', minLength: 1, maxLength: MAX_AUTHOR },
  parse: (text) => {
    if (text === undefined || text.trim() === '' || text.length > MAX_AUTHOR || /\p{Cc}/u.test(text)) {
      throw badParameter('author', `must be a name of at most ${MAX_AUTHOR} characters`);
    }
    return text;
  },
};

export const lateDevice = named('deviceId', 'Only late events of this device.');

export const key = query(
  'key',
  'The group, as `/aggregations/{name}/keys` has it: `site=north,type=reefer`; the device id where windows are per ' +
    'device. Left out or empty: the whole fleet.',
  { type: 'string' },
  (text) => text,
);

export const definition = named('definition', 'Only windows of this aggregation.');

/** A change number, or the place where the feed ends now. */
export type Since = bigint | 'latest';

export const since: Parameter<Since> = withDefault(
  query<Since>(
    'since',
    'The `next` of the answer before. Default: the beginning; `latest`: no changes, only the `next` to go on from.',
    { type: 'string', pattern: '^(latest|[0-9]{1,18})$', default: '0' },
    (text) => {
      if (text === 'latest') return text;
      if (/^\d{1,18}$/.test(text)) return BigInt(text);
      throw badParameter('since', 'must be `latest` or the `next` of an answer');
    },
  ),
  0n,
);

function inPath(name: string, description: string): Parameter<string> {
  return {
    name,
    in: 'path',
    required: true,
    description,
    schema: { type: 'string', minLength: 1 },
    parse: (text) => {
      if (text === undefined || text === '') throw badParameter(name, 'must not be empty');
      return text;
    },
  };
}

export const id = inPath('id', 'Device id.');
export const fingerprint = inPath('fingerprint', 'Of the alert: the same in MQTT topics, webhooks and here.');
export const silenceId = inPath('id', 'Id of the silence.');
export const deliveryId = inPath(
  'id',
  'Id of the delivery: what receivers see as the id of the notification.',
);
export const aggregation = inPath('name', 'Name of the aggregation.');
