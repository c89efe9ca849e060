/**
 * Where captured messages go: topics are taken apart by an MQTT filter and put together anew.
 *
 *     factory/+/+/temp=devices/{2}/telemetry      {1}, {2}: what each + stands for; {#}: what # stands for
 *
 * The first rule that matches applies; other topics stay. A prefix comes before all of them. Pure.
 */
import { MillraceError } from '../../common/errors.js';
import { matches } from '../../gateway/topics.js';

export interface TopicRule {
  readonly filter: string;
  readonly template: string;
}

/** MQTT 3.1.1, 1.5.3: a string has 65,535 bytes at most. */
const MAX_TOPIC_BYTES = 65_535;
const REFERENCE = /\{(\d+|#)\}/g;

/** Throws `REPLAY_TOPIC`. @param text `filter=template` */
export function parseTopicRule(text: string): TopicRule {
  const at = text.indexOf('=');
  const [filter, template] = [text.slice(0, at), text.slice(at + 1)];
  const problem =
    at < 1 || template === '' ? 'it is not filter=topic' : (filterProblem(filter) ?? wrong(filter, template));
  if (problem === undefined) return { filter, template };
  throw new MillraceError(`'${text}' cannot rewrite topics: ${problem}`, {
    code: 'REPLAY_TOPIC',
    hint: 'For example: factory/+/temp=devices/{1}/telemetry.',
  });
}

/** MQTT 3.1.1, 4.7.1: wildcards are whole levels, # the last one. */
export function filterProblem(filter: string): string | undefined {
  const levels = filter.split('/');
  if (filter === '') return 'the filter is empty';
  if (filter.includes('\0')) return 'the filter has a zero character';
  const bad = levels.find(
    (level, i) => (/[+#]/.test(level) && level.length > 1) || (level === '#' && i < levels.length - 1),
  );
  return bad === undefined ? undefined : `'${filter}' is no MQTT filter: see '${bad}'`;
}

function wrong(filter: string, template: string): string | undefined {
  const levels = filter.split('/');
  const pluses = levels.filter((level) => level === '+').length;
  for (const [all, name] of template.matchAll(REFERENCE)) {
    const isThere = name === '#' ? levels.at(-1) === '#' : Number(name) >= 1 && Number(name) <= pluses;
    if (!isThere) return `the filter has nothing for ${all}`;
  }
  return /[+#\0]/.test(template.replaceAll(REFERENCE, '')) ? 'a topic has no wildcards' : undefined;
}

/** The new topic, or undefined when it cannot be one. */
export function rewriteTopic(topic: string, rules: readonly TopicRule[], prefix: string): string | undefined {
  const rule = rules.find(({ filter }) => matches(filter, topic));
  const result = prefix + (rule === undefined ? topic : fill(rule, topic));
  const isTopic = result !== '' && !/[+#\0]/.test(result) && Buffer.byteLength(result) <= MAX_TOPIC_BYTES;
  return isTopic ? result : undefined;
}

function fill({ filter, template }: TopicRule, topic: string): string {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  const found = wanted.flatMap((level, i) => (level === '+' ? [levels[i] ?? ''] : []));
  const rest = levels.slice(wanted.length - 1).join('/');
  return template.replaceAll(REFERENCE, (_, name: string) =>
    name === '#' ? rest : found[Number(name) - 1]!,
  );
}
