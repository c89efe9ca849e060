/**
 * Functions of AWS IoT SQL that rules can use here. Wrong types give Undefined, as AWS documents.
 * Source: AWS IoT developer guide, "Functions".
 */
import { finite, isArray, isObject, toDecimal, toText, type Value } from './values.js';

/** What a rule is asked about. */
export interface RuleEvent {
  readonly topic: string;
  /** The message, parsed. */
  readonly payload: Value;
  /** Epoch ms at which the event came in. */
  readonly time: number;
  readonly clientId: string;
}

export interface SqlFunction {
  /** As AWS writes it. */
  readonly name: string;
  readonly arguments: readonly [least: number, most: number];
  readonly call: (values: readonly Value[], event: RuleEvent) => Value;
}

function onNumber(name: string, work: (number: number) => number): SqlFunction {
  return {
    name,
    arguments: [1, 1],
    call: ([value]) => {
      const number = toDecimal(value);
      return number === undefined ? undefined : finite(work(number));
    },
  };
}

function onNumbers(name: string, work: (a: number, b: number) => number): SqlFunction {
  return {
    name,
    arguments: [2, 2],
    call: ([left, right]) => {
      const [a, b] = [toDecimal(left), toDecimal(right)];
      return a === undefined || b === undefined ? undefined : finite(work(a, b));
    },
  };
}

function onText(name: string, work: (text: string) => Value): SqlFunction {
  return {
    name,
    arguments: [1, 1],
    call: ([value]) => {
      const text = toText(value);
      return text === undefined ? undefined : work(text);
    },
  };
}

function onTexts(name: string, work: (a: string, b: string) => Value): SqlFunction {
  return {
    name,
    arguments: [2, 2],
    call: ([left, right]) => {
      const [a, b] = [toText(left), toText(right)];
      return a === undefined || b === undefined ? undefined : work(a, b);
    },
  };
}

const ALL: readonly SqlFunction[] = [
  onNumber('abs', Math.abs),
  onNumber('ceil', Math.ceil),
  onNumber('floor', Math.floor),
  // Halves away from zero: -1.5 becomes -2.
  onNumber('round', (number) => Math.sign(number) * Math.round(Math.abs(number))),
  onNumber('sign', Math.sign),
  onNumber('sqrt', Math.sqrt),
  onNumber('exp', Math.exp),
  onNumber('ln', Math.log),
  onNumber('log', Math.log10),
  onNumbers('mod', (a, b) => a % b),
  onNumbers('power', (a, b) => a ** b),
  onText('lower', (text) => text.toLowerCase()),
  onText('upper', (text) => text.toUpperCase()),
  onText('trim', (text) => text.trim()),
  onText('length', (text) => text.length),
  onTexts('startswith', (text, start) => text.startsWith(start)),
  onTexts('endswith', (text, end) => text.endsWith(end)),
  onTexts('indexof', (text, part) => text.indexOf(part)),
  {
    name: 'substring',
    arguments: [2, 3],
    call([value, from, to]) {
      const text = toText(value);
      const start = toDecimal(from);
      const end = to === undefined ? undefined : toDecimal(to);
      if (text === undefined || start === undefined || !Number.isInteger(start)) return undefined;
      return text.substring(start, end);
    },
  },
  {
    name: 'concat',
    arguments: [1, Number.POSITIVE_INFINITY],
    call(values) {
      if (values.includes(undefined)) return undefined;
      if (values.some(isArray)) return values.flatMap((value) => value as Value[]);
      const texts = values.map(toText);
      return texts.includes(undefined) ? undefined : texts.join('');
    },
  },
  { name: 'isNull', arguments: [1, 1], call: ([value]) => value === null },
  { name: 'isUndefined', arguments: [1, 1], call: ([value]) => value === undefined },
  {
    name: 'get',
    arguments: [2, 2],
    call([value, key]) {
      if (isArray(value)) return typeof key === 'number' ? value[key] : undefined;
      if (isObject(value))
        return typeof key === 'string' && Object.hasOwn(value, key) ? value[key] : undefined;
      return typeof value === 'string' && typeof key === 'number' ? value[key] : undefined;
    },
  },
  {
    name: 'topic',
    arguments: [0, 1],
    call(values, { topic }) {
      const [level] = values;
      if (values.length === 0) return topic;
      return typeof level === 'number' ? topic.split('/')[level - 1] : undefined;
    },
  },
  { name: 'timestamp', arguments: [0, 0], call: (_values, { time }) => time },
  { name: 'clientid', arguments: [0, 0], call: (_values, { clientId }) => clientId },
];

/** By lower-case name: AWS does not care for case. */
export const FUNCTIONS: ReadonlyMap<string, SqlFunction> = new Map(
  ALL.map((each) => [each.name.toLowerCase(), each]),
);
