/**
 * Expressions of AWS IoT SQL, parsed by operator precedence into functions that evaluate them.
 *
 * OR, AND, NOT, comparison and IN, + and -, * / and %, unary -, each binding tighter than the one before.
 */
import { FUNCTIONS, type RuleEvent } from './functions.js';
import { sqlInvalid, type Token } from './tokens.js';
import { equal, finite, isArray, isObject, toBoolean, toDecimal, toText, type Value } from './values.js';

export type Evaluate = (event: RuleEvent) => Value;

export interface Expression {
  readonly evaluate: Evaluate;
  /** The attribute's own name, when the expression is an attribute. */
  readonly attribute?: string;
}

type Operator = (left: Value, right: Value) => Value;

/** What AWS has and this does not, so that it is refused by name. */
const NOT_HERE = ['CASE', 'EXISTS', 'LIKE', 'BETWEEN', 'IS', 'SELECT', 'VALUE', 'SET'];
const RESERVED = ['FROM', 'WHERE', 'AS', 'AND', 'OR', 'NOT', 'IN', ...NOT_HERE];

function logic(decide: (left: boolean, right: boolean) => boolean): Operator {
  return (left, right) => {
    const [a, b] = [toBoolean(left), toBoolean(right)];
    return a === undefined || b === undefined ? undefined : decide(a, b);
  };
}

function numeric(work: (a: number, b: number) => Value): Operator {
  return (left, right) => {
    const [a, b] = [toDecimal(left), toDecimal(right)];
    return a === undefined || b === undefined ? undefined : work(a, b);
  };
}

function plus(left: Value, right: Value): Value {
  if (typeof left === 'string' || typeof right === 'string') {
    const [a, b] = [toText(left), toText(right)];
    return a === undefined || b === undefined ? undefined : a + b;
  }
  return typeof left === 'number' && typeof right === 'number' ? finite(left + right) : undefined;
}

/** Ints divide to an Int. */
function divide(a: number, b: number): Value {
  const quotient = finite(a / b);
  return quotient !== undefined && Number.isInteger(a) && Number.isInteger(b)
    ? Math.trunc(quotient)
    : quotient;
}

function within(left: Value, right: Value): Value {
  if (left === undefined || !isArray(right)) return undefined;
  return right.some((item) => equal(left, item) === true);
}

/** How tightly each binds, and what it does. */
const OPERATORS: ReadonlyMap<string, readonly [number, Operator]> = new Map<
  string,
  readonly [number, Operator]
>([
  ['OR', [1, logic((a, b) => a || b)]],
  ['AND', [2, logic((a, b) => a && b)]],
  ['=', [4, equal]],
  ['<>', [4, (left, right) => negate(equal(left, right))]],
  ['<', [4, numeric((a, b) => a < b)]],
  ['<=', [4, numeric((a, b) => a <= b)]],
  ['>', [4, numeric((a, b) => a > b)]],
  ['>=', [4, numeric((a, b) => a >= b)]],
  ['IN', [4, within]],
  ['+', [5, plus]],
  ['-', [5, numeric((a, b) => finite(a - b))]],
  ['*', [6, numeric((a, b) => finite(a * b))]],
  ['/', [6, numeric(divide)]],
  ['%', [6, numeric((a, b) => finite(a % b))]],
]);
const NOT_BINDS = 3;
const MINUS_BINDS = 7;

function negate(value: Value): Value {
  const boolean = toBoolean(value);
  return boolean === undefined ? undefined : !boolean;
}

/** Walks tokens; the statement's parser uses it too. */
export class Parser {
  readonly sql: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(sql: string, tokens: readonly Token[]) {
    this.sql = sql;
    this.#tokens = tokens;
  }

  get token(): Token {
    return this.#tokens[this.#next]!;
  }

  take(): Token {
    const { token } = this;
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  /** Whether the token is this keyword or sign. */
  sees(text: string): boolean {
    const { kind } = this.token;
    return (kind === 'word' || kind === 'sign') && this.token.text.toUpperCase() === text;
  }

  accept(text: string): boolean {
    const seen = this.sees(text);
    if (seen) this.take();
    return seen;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.refuse(`has ${this.#shown()} where ${text} belongs`);
  }

  refuse(reason: string, token = this.token): never {
    throw sqlInvalid(this.sql, token.at, reason);
  }

  expression(binding = 0): Expression {
    let left = this.#operand();
    for (;;) {
      const [binds, apply] = OPERATORS.get(this.token.text.toUpperCase()) ?? [0, undefined];
      const isOperator = this.token.kind === 'sign' || this.token.kind === 'word';
      if (!isOperator || apply === undefined || binds <= binding) return left;
      const sign = this.take().text.toUpperCase();
      if (sign === 'IN' && this.sees('(')) this.refuse('has IN with a list in parentheses: AWS wants [1, 2]');
      const [a, b] = [left.evaluate, this.expression(binds).evaluate];
      left = { evaluate: (event) => apply(a(event), b(event)) };
    }
  }

  #operand(): Expression {
    const token = this.take();
    const word = token.text.toUpperCase();
    if (token.kind === 'number') return constant(Number(token.text));
    if (token.kind === 'text') return constant(token.text);
    if (token.kind === 'word') {
      if (word === 'NOT') {
        const { evaluate } = this.expression(NOT_BINDS);
        return { evaluate: (event) => negate(evaluate(event)) };
      }
      if (word === 'TRUE' || word === 'FALSE') return constant(word === 'TRUE');
      if (word === 'NULL') return constant(null);
      if (word === 'UNDEFINED') return constant(undefined);
      if (NOT_HERE.includes(word)) this.refuse(`has ${word}, which the local rules do not know`, token);
      if (RESERVED.includes(word)) this.refuse(`has ${word} where a value belongs`, token);
      return this.sees('(') ? this.#call(token) : this.#attribute(token);
    }
    if (word === '-' || word === '+') {
      const { evaluate } = this.expression(MINUS_BINDS);
      const sign = word === '-' ? -1 : 1;
      return {
        evaluate: (event) => {
          const number = toDecimal(evaluate(event));
          return number === undefined ? undefined : sign * number;
        },
      };
    }
    if (word === '(') {
      const inner = this.expression();
      this.expect(')');
      return { evaluate: inner.evaluate };
    }
    if (word === '[') return this.#array();
    this.refuse(`has ${shown(token)} where a value belongs`, token);
  }

  #array(): Expression {
    const items = this.#list(']');
    return { evaluate: (event) => items.map((item) => item(event)).filter((item) => item !== undefined) };
  }

  #call(name: Token): Expression {
    const known = FUNCTIONS.get(name.text.toLowerCase());
    if (known === undefined) this.refuse(`calls ${name.text}(), which the local rules do not know`, name);
    this.take();
    const items = this.#list(')');
    const [least, most] = known.arguments;
    if (items.length < least || items.length > most) {
      const wanted = least === most ? `${least}` : `${least} to ${most}`;
      this.refuse(`calls ${known.name}() with ${items.length} arguments; it takes ${wanted}`, name);
    }
    const { call } = known;
    return {
      evaluate: (event) =>
        call(
          items.map((item) => item(event)),
          event,
        ),
    };
  }

  #attribute(first: Token): Expression {
    const path = [first.text];
    while (this.accept('.')) {
      if (this.token.kind !== 'word')
        this.refuse(`has ${this.#shown()} where the name of an attribute belongs`);
      path.push(this.take().text);
    }
    if (this.sees('[')) this.refuse('has an index in brackets: AWS wants get(list, 0)');
    return {
      attribute: path.at(-1)!,
      evaluate: ({ payload }) => {
        let value: Value = payload;
        for (const key of path) {
          if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
          value = value[key];
        }
        return value;
      },
    };
  }

  #list(end: string): Evaluate[] {
    const items: Evaluate[] = [];
    if (this.accept(end)) return items;
    do items.push(this.expression().evaluate);
    while (this.accept(','));
    this.expect(end);
    return items;
  }

  #shown(): string {
    return shown(this.token);
  }
}

function constant(value: Value): Expression {
  return { evaluate: () => value };
}

export function shown(token: Token): string {
  return token.kind === 'end' ? 'its end' : `'${token.text}'`;
}
