/**
 * The SQL of an IoT rule: which messages it selects, and what it makes of them.
 *
 * `SELECT * | expression AS name, … FROM 'topic/filter' [WHERE condition]`, in SQL version 2016-03-23. What AWS has
 * beyond that (CASE, nested queries, SELECT VALUE, SET, functions that call other services) is refused by name: a rule
 * never means something else here than there. No library parses this dialect; general SQL parsers take neither its
 * FROM nor its Undefined.
 */
import { matches } from '../../gateway/topics.js';
import { type Evaluate, Parser, shown } from './expression.js';
import type { RuleEvent } from './functions.js';
import { tokensOf } from './tokens.js';
import { isObject, toBoolean, type Value } from './values.js';

export interface RuleSql {
  /** MQTT topic filter of FROM. */
  readonly topicFilter: string;
  /** What the event becomes, or undefined when the rule does not select it. */
  select(event: RuleEvent): Value;
}

interface Column {
  readonly name: string;
  readonly evaluate: Evaluate;
}

/** @throws MillraceError `IOT_SQL_INVALID`, with the place */
export function parseRuleSql(sql: string): RuleSql {
  const parser = new Parser(sql, tokensOf(sql));
  parser.expect('SELECT');
  const { all, columns } = columnsOf(parser);
  parser.expect('FROM');
  const topicFilter = topicFilterOf(parser);
  const condition = parser.accept('WHERE') ? parser.expression().evaluate : undefined;
  if (parser.token.kind !== 'end') parser.refuse(`goes on with ${shown(parser.token)} after its end`);
  return {
    topicFilter,
    select(event) {
      if (!matches(topicFilter, event.topic)) return undefined;
      // Anything but true, Undefined included, selects nothing.
      if (condition !== undefined && toBoolean(condition(event)) !== true) return undefined;
      if (all && columns.length === 0) return event.payload;
      const result: Record<string, Value> = all && isObject(event.payload) ? { ...event.payload } : {};
      for (const { name, evaluate } of columns) {
        const value = evaluate(event);
        // Undefined cannot be written: the key is left out.
        if (value !== undefined) define(result, name, value);
      }
      return result;
    },
  };
}

function columnsOf(parser: Parser): { all: boolean; columns: readonly Column[] } {
  let all = false;
  const columns: Column[] = [];
  do {
    const { token } = parser;
    if (parser.accept('*')) {
      all = true;
      continue;
    }
    const expression = parser.expression();
    let name = expression.attribute;
    if (parser.accept('AS')) {
      if (parser.token.kind !== 'word') parser.refuse(`has ${shown(parser.token)} where a name belongs`);
      name = parser.take().text;
    }
    if (name === undefined) parser.refuse('selects an expression without a name: add AS and one', token);
    columns.push({ name, evaluate: expression.evaluate });
  } while (parser.accept(','));
  return { all, columns };
}

function topicFilterOf(parser: Parser): string {
  const token = parser.take();
  if (token.kind !== 'text') parser.refuse(`has ${shown(token)} where a topic in quotes belongs`, token);
  const levels = token.text.split('/');
  const valid =
    token.text !== '' &&
    levels.every((level, index) =>
      level === '#' ? index === levels.length - 1 : level === '+' || !/[+#]/.test(level),
    );
  if (!valid) parser.refuse(`has '${token.text}', which is no topic filter`, token);
  return token.text;
}

/** A key like `__proto__` is a key like any other. */
function define(target: Record<string, Value>, name: string, value: Value): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
