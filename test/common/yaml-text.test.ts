import { LinedProblems, linedText, YamlText } from '../../common/yaml-text.js';

const TEXT = `name: a
list:
  - x: 1
    y: { deep: 2 }
  - 3
# a comment
base: &base { k: v }
copy: *base
`;

test.each<[(string | number)[], number]>([
  [['name'], 1],
  [['list', 0, 'y'], 4],
  [['list', 0, 'y', 'deep'], 4],
  [['list', 1], 5],
  [['copy'], 8],
  // What is missing is told where it is missing.
  [['list', 0, 'z'], 3],
  [['list', '0', 'z'], 3],
  [['nothing', 'at', 'all'], 1],
  [[], 1],
])('the line of %j', (keys, line) => {
  expect(new YamlText(TEXT).lineOf(keys)).toBe(line);
});

test.each([
  ['a: [', 1],
  ['a: 1\na: 2', 2],
  ['a: 1\nb:\n  *: [x]', 3],
  ['a: 1\nb: { *: [x] }', 2],
  ['a: *b', 1],
  ['a: 1\n---\nb: 2', 2],
])('%j is refused in line %d', (text, line) => {
  const { errors } = new YamlText(text);
  expect(errors[0]).toEqual({ line, reason: expect.not.stringMatching(/\n| at line /) });
});

test('problems have their lines, those of the text itself first', () => {
  const broken = new LinedProblems(new YamlText('a: *b'));
  expect(broken.lined).toEqual([
    { line: 1, path: '', reason: expect.stringContaining('*b refers to nothing') },
  ]);
  const problems = new LinedProblems(new YamlText(TEXT));
  problems.add(['list', 0, 'y'], 'must be a text');
  problems.add([], 'is odd');
  expect(problems.lined.map((problem) => linedText('f.yml', problem))).toEqual([
    'f.yml:4: list[0].y must be a text',
    'f.yml:1: is odd',
  ]);
});
