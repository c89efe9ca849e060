/** `route:` and `inhibit_rules:` of notifications.yml. */
import { suggestion } from '../../../common/problems.js';
import type { Matcher } from '../../../stores/operations.js';
import type { Reader } from '../../aggregate/definitions/reader.js';
import { readHours } from './active.js';
import { durationOf } from './durations.js';
import { matchersText, parseMatcher } from './matchers.js';
import { isUnresolved } from './secrets.js';
import type { EscalationStep, InhibitRule, Route } from './types.js';

/** Alertmanager's. */
const DEFAULTS = {
  groupBy: ['alertname'],
  groupWaitMs: 30_000,
  groupIntervalMs: 300_000,
  repeatIntervalMs: 14_400_000,
  escalation: [],
  active: null,
} as const;
const KEYS = [
  'receiver',
  'group_by',
  'group_wait',
  'group_interval',
  'repeat_interval',
  'escalation',
  'active',
  'routes',
];
/** Stands for all labels. */
const EACH = '...';

type Inherited = Omit<Route, 'matchers' | 'continue' | 'routes'>;

export interface ReadRoutes {
  readonly route: Route;
  /** Names of receivers that routes and escalations tell. */
  readonly used: ReadonlySet<string>;
}

/** @param names of the receivers there are */
export function readRoutes(root: Reader, names: readonly string[]): ReadRoutes {
  const used = new Set<string>();
  const parent: Inherited = { key: '{}', receiver: '', ...DEFAULTS };
  const route: Route = { ...parent, matchers: [], continue: false, routes: [] };
  if (!root.isMap('a map with receiver', KEYS)) return { route, used };
  const context: Context = { names, used };
  if (!root.at('receiver').given)
    root.at('receiver').refuse('is missing: the root tells what nothing else does');
  return { route: { ...routeOf(root, parent, [], context), continue: false }, used };
}

interface Context {
  readonly names: readonly string[];
  readonly used: Set<string>;
}

function routeOf(reader: Reader, parent: Inherited, matchers: readonly Matcher[], context: Context): Route {
  const own: Inherited = {
    key: parent.key,
    receiver: reader.at('receiver').given ? receiverOf(reader.at('receiver'), context) : parent.receiver,
    groupBy: groupByOf(reader.at('group_by'), parent.groupBy),
    groupWaitMs: durationOf(reader.at('group_wait'), parent.groupWaitMs) ?? 0,
    groupIntervalMs: durationOf(reader.at('group_interval'), parent.groupIntervalMs, 0) ?? 0,
    repeatIntervalMs: durationOf(reader.at('repeat_interval'), parent.repeatIntervalMs, 0) ?? 0,
    escalation: reader.at('escalation').given ? stepsOf(reader.at('escalation'), context) : parent.escalation,
    active: reader.at('active').given ? readHours(reader.at('active')) : parent.active,
  };
  return { ...own, matchers, continue: false, routes: childrenOf(reader.at('routes'), own, context) };
}

function childrenOf(list: Reader, parent: Inherited, context: Context): Route[] {
  if (!list.given) return [];
  if (!Array.isArray(list.value)) {
    list.refuse('must be a list');
    return [];
  }
  const seen = new Map<string, number>();
  return list.value.flatMap((_, index) => {
    const reader = list.at(index);
    if (!reader.isMap('a route: a map with matchers', [...KEYS, 'matchers', 'continue'])) return [];
    const matchers = readMatchers(reader.at('matchers'));
    const plain = `${parent.key}/${matchersText(matchers)}`;
    const count = (seen.get(plain) ?? 0) + 1;
    seen.set(plain, count);
    const key = count === 1 ? plain : `${plain}#${count}`;
    const route = routeOf(reader, { ...parent, key }, matchers, context);
    return [{ ...route, continue: reader.at('continue').boolean(false) }];
  });
}

/** A list of matchers, at least one. */
export function readMatchers(list: Reader): Matcher[] {
  if (!Array.isArray(list.value) || list.value.length === 0) {
    list.refuse(list.given ? 'must be a list of matchers' : 'is missing: without it everything would match');
    return [];
  }
  return list.value.flatMap((_, index) => {
    const text = list.at(index).text();
    if (text === undefined || isUnresolved(text)) return [];
    const parsed = parseMatcher(text);
    if (parsed.ok) return [parsed.matcher];
    list.at(index).refuse(parsed.reason);
    return [];
  });
}

function receiverOf(reader: Reader, { names, used }: Context): string {
  const name = reader.text();
  if (name === undefined) return '';
  used.add(name);
  if (!names.includes(name)) reader.refuse(`names no receiver${suggestion(name, names)}`);
  return name;
}

function groupByOf(list: Reader, fallback: Route['groupBy']): Route['groupBy'] {
  if (!list.given) return fallback;
  if (Array.isArray(list.value) && list.value.length === 0) return [];
  const names = list.texts();
  if (names === undefined) return fallback;
  if (!names.includes(EACH)) return names;
  if (names.length > 1) list.refuse(`${EACH} stands alone: it means all labels`);
  return null;
}

function stepsOf(list: Reader, context: Context): EscalationStep[] {
  if (!Array.isArray(list.value)) {
    list.refuse('must be a list of steps: { after: 15m, receiver: oncall }');
    return [];
  }
  const steps = list.value.flatMap((_, index) => {
    const step = list.at(index);
    if (!step.isMap('a step: { after: 15m, receiver: oncall }', ['after', 'receiver'])) return [];
    const afterMs = durationOf(step.at('after'), undefined, 0);
    const receiver = receiverOf(step.at('receiver'), context);
    return afterMs === undefined ? [] : [{ afterMs, receiver }];
  });
  steps.forEach(({ afterMs }, index) => {
    if (index > 0 && afterMs < steps[index - 1]!.afterMs)
      list.at(index).refuse('comes before the step above it');
  });
  return steps;
}

export function readInhibitRules(list: Reader): InhibitRule[] {
  if (!list.given) return [];
  if (!Array.isArray(list.value)) {
    list.refuse('must be a list');
    return [];
  }
  return list.value.flatMap((_, index) => {
    const rule = list.at(index);
    const keys = ['source_matchers', 'target_matchers', 'equal'];
    if (!rule.isMap('a map with source_matchers and target_matchers', keys)) return [];
    return [
      {
        sourceMatchers: readMatchers(rule.at('source_matchers')),
        targetMatchers: readMatchers(rule.at('target_matchers')),
        equal: rule.at('equal').given ? (rule.at('equal').texts() ?? []) : [],
      },
    ];
  });
}
