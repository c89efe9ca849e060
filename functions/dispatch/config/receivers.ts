/** `receivers:` of notifications.yml. */

import type { Reader } from '../../aggregate/definitions/reader.js';
import { addressOf, secretOf, urlOf } from './addresses.js';
import { durationOf } from './durations.js';
import { topicProblem } from './iot-topic.js';
import type { Receiver, Target } from './types.js';

const COMMON = ['timeout', 'send_resolved', 'max_alerts'];
const HTTP = ['http:', 'https:'];
const PAGERDUTY = 'https://events.pagerduty.com/v2/enqueue';
const TIMEOUT_MS = 10_000;
/** People read no more than that, and e-mail, chat and SNS take no more. */
const READABLE = 100;

type Base = Pick<Target, 'id' | 'timeoutMs' | 'sendResolved' | 'maxAlerts'>;

interface Kind {
  /** Key in the file. */
  readonly key: string;
  readonly kind: Target['kind'];
  readonly keys: readonly string[];
  readonly maxAlerts: number;
  read(entry: Reader, base: Base): Target | undefined;
}

const KINDS: readonly Kind[] = [
  {
    key: 'webhooks',
    kind: 'webhook',
    keys: ['url', 'secret'],
    maxAlerts: 0,
    read(entry, base) {
      const url = urlOf(entry.at('url'), HTTP);
      const secret = entry.at('secret').given ? secretOf(entry.at('secret')) : null;
      if (url === undefined || secret === undefined) return undefined;
      return { ...base, kind: 'webhook', url, secret };
    },
  },
  {
    key: 'emails',
    kind: 'email',
    keys: ['to', 'from', 'smtp', 'subject'],
    maxAlerts: READABLE,
    read(entry, base) {
      const list = entry.at('to');
      const to = list.texts()?.map((_, index) => addressOf(list.at(index)));
      const from = addressOf(entry.at('from'));
      const smtp = urlOf(entry.at('smtp'), ['smtp:', 'smtps:']);
      const subject = entry.at('subject').given ? secretOf(entry.at('subject')) : null;
      if (to === undefined || from === undefined || smtp === undefined || subject === undefined)
        return undefined;
      const known = to.filter((address) => address !== undefined);
      return known.length < to.length
        ? undefined
        : { ...base, kind: 'email', to: known, from, smtp, subject };
    },
  },
  {
    key: 'slack',
    kind: 'slack',
    keys: ['url'],
    maxAlerts: READABLE,
    read(entry, base) {
      const url = urlOf(entry.at('url'), HTTP);
      return url === undefined ? undefined : { ...base, kind: 'slack', url };
    },
  },
  {
    key: 'pagerduty',
    kind: 'pagerduty',
    keys: ['routing_key', 'url'],
    maxAlerts: READABLE,
    read(entry, base) {
      const routingKey = secretOf(entry.at('routing_key'));
      const url = urlOf(entry.at('url'), HTTP, PAGERDUTY);
      if (routingKey === undefined || url === undefined) return undefined;
      return { ...base, kind: 'pagerduty', routingKey, url };
    },
  },
  {
    key: 'sns',
    kind: 'sns',
    keys: ['topic_arn', 'region', 'endpoint'],
    maxAlerts: READABLE,
    read(entry, base) {
      const arn = secretOf(entry.at('topic_arn'));
      const inArn = arn === undefined ? undefined : /^arn:[\w-]+:sns:([\w-]+):\d+:.+$/.exec(arn)?.[1];
      if (arn !== undefined && inArn === undefined) {
        entry.at('topic_arn').refuse('must be the ARN of a topic, arn:aws:sns:eu-west-1:123456789012:name');
      }
      const region = entry.at('region').given ? secretOf(entry.at('region')) : inArn;
      const endpoint = entry.at('endpoint').given ? urlOf(entry.at('endpoint'), HTTP) : null;
      if (arn === undefined || inArn === undefined || region === undefined || endpoint === undefined)
        return undefined;
      return { ...base, kind: 'sns', topicArn: arn, region, endpoint };
    },
  },
  {
    key: 'iot',
    kind: 'iot',
    keys: ['topic', 'region', 'endpoint'],
    maxAlerts: READABLE,
    read(entry, base) {
      const topic = entry.at('topic').text();
      const problem = topic === undefined ? undefined : topicProblem(topic);
      if (problem !== undefined) entry.at('topic').refuse(problem);
      const region = secretOf(entry.at('region'));
      const endpoint = entry.at('endpoint').given ? urlOf(entry.at('endpoint'), HTTP) : null;
      if (topic === undefined || problem !== undefined || region === undefined || endpoint === undefined)
        return undefined;
      return { ...base, kind: 'iot', topic, region, endpoint };
    },
  },
];

/** Those that are sound; what is wrong with the others was reported. */
export function readReceivers(list: Reader): ReadonlyMap<string, Receiver> {
  const receivers = new Map<string, Receiver>();
  if (!Array.isArray(list.value)) {
    list.refuse(list.given ? 'must be a list' : 'is missing');
    return receivers;
  }
  list.value.forEach((_, index) => {
    const entry = list.at(index);
    const keys = KINDS.map(({ key }) => key);
    if (!entry.isMap('a receiver: a map with a name', ['name', ...keys])) return;
    const name = entry.at('name').text();
    if (name === undefined) return;
    if (!/^[\w.-]+$/.test(name)) entry.at('name').refuse('must be made of letters, digits and any of _ . -');
    if (receivers.has(name)) entry.at('name').refuse(`${name} is there twice`);
    receivers.set(name, {
      name,
      targets: KINDS.flatMap((kind) => targetsOf(entry.at(kind.key), name, kind)),
    });
  });
  return receivers;
}

function targetsOf(list: Reader, receiver: string, { kind, keys, maxAlerts, read }: Kind): Target[] {
  if (!list.given) return [];
  if (!Array.isArray(list.value)) {
    list.refuse('must be a list');
    return [];
  }
  return list.value.flatMap((_, index) => {
    const entry = list.at(index);
    if (!entry.isMap(`a map with ${keys.join(', ')}`, [...keys, ...COMMON])) return [];
    const base: Base = {
      id: `${receiver}/${kind}/${index}`,
      timeoutMs: durationOf(entry.at('timeout'), TIMEOUT_MS, 0) ?? TIMEOUT_MS,
      sendResolved: entry.at('send_resolved').boolean(true),
      maxAlerts: countOf(entry.at('max_alerts'), maxAlerts),
    };
    return read(entry, base) ?? [];
  });
}

function countOf(reader: Reader, fallback: number): number {
  if (!reader.given) return fallback;
  if (Number.isSafeInteger(reader.value) && (reader.value as number) >= 0) return reader.value as number;
  reader.refuse('must be a number of alerts; 0: all');
  return fallback;
}
