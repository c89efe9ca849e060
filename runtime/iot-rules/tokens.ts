/** Text of a rule's SQL into tokens, each with its place. */
import { MillraceError } from '../../common/errors.js';

export interface Token {
  readonly kind: 'word' | 'text' | 'number' | 'sign' | 'end';
  /** Text literals without their quotes. */
  readonly text: string;
  /** Place in the SQL, from 0. */
  readonly at: number;
}

const TOKEN =
  /\s+|(?<word>[A-Za-z_][A-Za-z0-9_]*)|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|'(?<single>(?:[^']|'')*)'|"(?<double>(?:[^"]|"")*)"|(?<sign><>|<=|>=|[-+*/%=<>(),.[\]])/y;

export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < sql.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(sql);
    if (match === null) {
      const what = /['"]/.test(sql[at]!)
        ? 'a text that does not end'
        : `${JSON.stringify(sql[at])}, which rules cannot have`;
      throw sqlInvalid(sql, at, `has ${what}`);
    }
    const { word, number, single, double, sign } = match.groups ?? {};
    if (word !== undefined) tokens.push({ kind: 'word', text: word, at });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, at });
    else if (single !== undefined) tokens.push({ kind: 'text', text: single.replaceAll("''", "'"), at });
    else if (double !== undefined) tokens.push({ kind: 'text', text: double.replaceAll('""', '"'), at });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, at });
  }
  return [...tokens, { kind: 'end', text: 'the end', at: sql.length }];
}

export function sqlInvalid(sql: string, at: number, reason: string): MillraceError {
  return new MillraceError(`the rule ${JSON.stringify(sql)} ${reason} (at character ${at + 1})`, {
    code: 'IOT_SQL_INVALID',
    hint: 'See "AWS IoT SQL reference" in the AWS IoT developer guide.',
  });
}
