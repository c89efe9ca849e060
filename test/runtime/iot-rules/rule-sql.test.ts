import { parseRuleSql } from '../../../runtime/iot-rules/rule-sql.js';
import type { Value } from '../../../runtime/iot-rules/values.js';

const TOPIC = 'devices/pump-7/telemetry';
const TIME = 1_700_000_000_000;

function select(sql: string, payload: Value = {}, topic = TOPIC): Value {
  return parseRuleSql(sql).select({ topic, payload, time: TIME, clientId: 'pump-7' });
}
/** The value of one expression; absent when it is Undefined. */
const value = (expression: string, payload: Value = {}) =>
  (select(`SELECT ${expression} AS v FROM '#'`, payload) as { v?: Value }).v;

const EVENT = {
  color: 'red',
  temp: 51.5,
  on: true,
  state: { desired: { mode: 'eco' }, n: null },
  tags: ['a', 'b'],
};

describe('SELECT', () => {
  test.each<[string, Value]>([
    ["SELECT * FROM 'devices/+/telemetry'", EVENT],
    ["select color from 'devices/#'", { color: 'red' }],
    ["SELECT color AS c, temp FROM '#'", { c: 'red', temp: 51.5 }],
    ["SELECT state.desired.mode FROM '#'", { mode: 'eco' }],
    ["SELECT state.desired AS wanted FROM '#'", { wanted: { mode: 'eco' } }],
    ["SELECT *, topic(2) AS device, timestamp() AS ts FROM '#'", { ...EVENT, device: 'pump-7', ts: TIME }],
    ["SELECT missing, color.deeper, temp FROM '#'", { temp: 51.5 }],
    ["SELECT missing FROM '#'", {}],
    [
      "SELECT 'it''s' AS a, 1.5e2 AS b, true AS c, NULL AS d, [1, color] AS e FROM '#'",
      { a: "it's", b: 150, c: true, d: null, e: [1, 'red'] },
    ],
    ["SELECT toString AS a, constructor FROM '#'", {}],
  ])('%s', (sql, expected) => {
    expect(select(sql, EVENT)).toEqual(expected);
  });

  test('a message that is no object has no attributes, but * is the message', () => {
    expect(select("SELECT * FROM '#'", [1, 2])).toEqual([1, 2]);
    expect(select("SELECT *, topic() AS t FROM '#'", [1, 2])).toEqual({ t: TOPIC });
    expect(select("SELECT a FROM '#'", 5)).toEqual({});
  });

  test('a name like __proto__ is a name like any other', () => {
    const result = select("SELECT a AS __proto__ FROM '#'", { a: { polluted: true } });
    expect(Object.keys(result as object)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

test.each([
  ['devices/+/telemetry', true],
  ['devices/#', true],
  ['#', true],
  ['devices/pump-7/telemetry', true],
  ['devices/pump-7/telemetry/#', true],
  ['devices/pump-8/telemetry', false],
  ['devices/+', false],
  ['+/telemetry', false],
])("FROM '%s' matches: %s", (filter, expected) => {
  expect(select(`SELECT * FROM '${filter}'`) !== undefined).toBe(expected);
});

describe('expressions', () => {
  test.each<[string, Value]>([
    // Numbers.
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['7 / 2', 3], // Ints divide to an Int
    ['-7 / 2', -3],
    ['7 / 2.5', 2.8],
    ['7 % 4', 3],
    ['1 / 0', undefined],
    ["'3' * 2", 6],
    ["'3' - '1'", 2],
    ["'x' * 2", undefined],
    ['-temp', -51.5],
    ['5 - -2', 7],
    ['10 - 2 - 3', 5],
    // + joins where one side is text.
    ["'a' + 1", 'a1'],
    ["1 + 'a'", '1a'],
    ["'a' + true", 'atrue'],
    ["'a' + missing", undefined],
    ['true + 1', undefined],
    // Comparison turns text into numbers, = does not.
    ["'10' > 9", true],
    ["'a' < 'b'", undefined],
    ['on > 0', undefined],
    ["5 = '5'", false],
    ["5 <> '5'", true],
    ["color = 'red'", true],
    ["color <> 'red'", false],
    ['state.n = null', true],
    ['state.n <> null', false],
    ['missing = 1', undefined],
    ['missing <> 1', undefined],
    ["tags = ['a', 'b']", true],
    ["tags = ['b', 'a']", false],
    ['2 <= 2', true],
    ['2 >= 3', false],
    // Logic wants both sides.
    ['true AND false', false],
    ["true and 'TRUE'", true],
    ['true OR missing', undefined],
    ['false AND missing', undefined],
    ['true AND 1', undefined],
    ['NOT false', true],
    ["NOT 'true'", false],
    ['NOT 1', undefined],
    ['NOT 1 = 2', true],
    ['true OR true AND false', true],
    ['1 < 2 AND 2 < 3', true],
    // IN wants an array.
    ["color IN ['red', 'blue']", true],
    ["'c' IN tags", false],
    ["'a' IN color", undefined],
    ['missing IN tags', undefined],
    ["NOT color IN ['blue']", true],
    // Functions.
    ['topic()', TOPIC],
    ['topic(1)', 'devices'],
    ['topic(4)', undefined],
    ['timestamp()', TIME],
    ['clientid()', 'pump-7'],
    ['isNull(state.n)', true],
    ['isNull(missing)', false],
    ['isUndefined(missing)', true],
    ['isUndefined(state.n)', false],
    ['lower(upper(color))', 'red'],
    ['upper(missing)', undefined],
    ['upper(null)', undefined],
    ["concat('a', 1, true)", 'a1true'],
    ['concat(tags, 1)', ['a', 'b', 1]],
    ["concat('a', missing)", undefined],
    ['abs(-5)', 5],
    ["abs('-5.5')", 5.5],
    ['abs(true)', undefined],
    ['floor(temp)', 51],
    ['ceil(temp)', 52],
    ['round(-1.5)', -2],
    ['sqrt(-1)', undefined],
    ['mod(7, 4)', 3],
    ['power(2, 10)', 1024],
    ["startswith('abc', 'ab')", true],
    ["endswith('abc', 'bc')", true],
    ["indexof('abc', 'c')", 2],
    ["substring('abcd', 1, 3)", 'bc'],
    ["length('abc')", 3],
    ["trim('  a ')", 'a'],
    ['get(tags, 1)', 'b'],
    ["get(state, 'n')", null],
    ["get(state, 'toString')", undefined],
  ])('%s', (expression, expected) => {
    expect(value(expression, EVENT)).toEqual(expected);
  });
});

test.each([
  ['temp > 50', true],
  ['temp > 52', false],
  ['missing > 50', false],
  ["temp > 50 AND (color = 'blue' OR state.desired.mode = 'eco')", true],
  ["on = true AND topic(2) = 'pump-7'", true],
  ['missing', false],
  ['NOT missing', false],
  ['isUndefined(missing)', true],
  ['temp', false],
])('WHERE %s selects: %s', (condition, expected) => {
  expect(select(`SELECT * FROM '#' WHERE ${condition}`, EVENT) !== undefined).toBe(expected);
});

test.each([
  ['', /its end where SELECT belongs/],
  ["SELECT FROM 'a'", /has FROM where a value belongs \(at character 8\)/],
  ['SELECT *', /its end where FROM belongs/],
  ['SELECT * FROM a', /'a' where a topic in quotes/],
  ["SELECT * FROM 'a/#/b'", /no topic filter/],
  ["SELECT * FROM 'a+'", /no topic filter/],
  ["SELECT * FROM ''", /no topic filter/],
  ["SELECT 1 + 2 FROM 'a'", /without a name/],
  ["SELECT topic() FROM 'a'", /without a name/],
  ["SELECT a AS 'b' FROM 'a'", /where a name belongs/],
  ["SELECT VALUE a FROM 'a'", /VALUE, which the local rules do not know/],
  ["SELECT CASE a WHEN 1 THEN 2 END AS b FROM 'a'", /CASE, which/],
  ["SELECT * FROM 'a' WHERE a LIKE 'b'", /goes on with 'LIKE'/],
  ["SELECT * FROM 'a' WHERE EXISTS (SELECT * FROM b)", /EXISTS, which/],
  [
    "SELECT * FROM 'a' WHERE newuuid() = 1",
    /newuuid\(\), which the local rules do not know \(at character 25\)/,
  ],
  ["SELECT * FROM 'a' WHERE abs() = 1", /abs\(\) with 0 arguments; it takes 1/],
  ["SELECT * FROM 'a' WHERE a != 1", /"!", which rules cannot have/],
  ["SELECT * FROM 'a' WHERE a IN (1, 2)", /list in parentheses/],
  ["SELECT a[0] FROM 'a'", /get\(list, 0\)/],
  ["SELECT * FROM 'a' WHERE (a = 1", /its end where \) belongs/],
  ["SELECT * FROM 'a' WHERE a = 'x", /a text that does not end/],
  ["SELECT * FROM 'a' WHERE a = 1 b", /goes on with 'b'/],
  ["SELECT a. FROM 'a'", /where FROM belongs|name of an attribute/],
  ["SET @x = 1 SELECT * FROM 'a'", /"@", which rules cannot have/],
])('refuses %s', (sql, reason) => {
  expect(() => parseRuleSql(sql)).toThrow(
    expect.objectContaining({ code: 'IOT_SQL_INVALID', message: expect.stringMatching(reason) }),
  );
});
