import fc from 'fast-check';
import { jsonErrorAt, lineAndColumn, nestedDeeperThan } from '../../schemas/json-place.js';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test.each([
  ['', 0],
  ['{', 1],
  ['{"a":1,}', 7],
  ['[1,]', 3],
  ['[1 2]', 3],
  ['01', 1],
  ['-', 0],
  ['"a', 2],
  ['"\\x"', 1],
  ['{"a" 1}', 5],
  ['{}}', 2],
  ['[}', 1],
  ['tru', 0],
  [' {"a":[1,{"b":null}]} ', -1],
])('%j breaks at %d', (text, at) => {
  expect(jsonErrorAt(text)).toBe(at);
});

test('agrees with JSON.parse on what is JSON', () => {
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', '\\', '1', ' ', '\u0001', 'é'))
    .map(([json, at, char]) => {
      const index = at % (json.length + 1);
      return json.slice(0, index) + char + json.slice(index + 1);
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged, fc.string()), (text) => {
      expect(jsonErrorAt(text) === -1).toBe(isJson(text));
    }),
    { numRuns: 1000 },
  );
});

test('lines and columns count from 1', () => {
  expect(lineAndColumn('a\nbc', 3)).toEqual({ line: 2, column: 2 });
  expect(lineAndColumn('a', 0)).toEqual({ line: 1, column: 1 });
});

test('depth does not count brackets in strings', () => {
  expect(nestedDeeperThan('{"a":"[[[[\\"[["}', 1)).toBe(false);
  expect(nestedDeeperThan('{"a":[]}', 1)).toBe(true);
});
