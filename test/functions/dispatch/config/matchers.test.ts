import { matcherText, parseMatcher, testOf } from '../../../../functions/dispatch/config/matchers.js';

const parsed = (text: string) => {
  const result = parseMatcher(text);
  if (!result.ok) throw new Error(result.reason);
  return result.matcher;
};
const matches = (text: string, labels: Record<string, string>) => testOf([parsed(text)])(labels);

test.each([
  ['severity="critical"', 'severity="critical"'],
  [' site != south ', 'site!="south"'],
  ['site=~"north|south"', 'site=~"north|south"'],
  ['site!~n.*', 'site!~"n.*"'],
  ['note="a \\"b\\" \\\\ c\\nd"', 'note="a \\"b\\" \\\\ c\\nd"'],
  ['deviceId=~"dev-\\d+"', 'deviceId=~"dev-\\\\d+"'],
  ['größe=""', 'größe=""'],
])('%s', (text, written) => {
  expect(matcherText(parsed(text))).toBe(written);
  expect(parsed(written)).toEqual(parsed(text));
});

test.each(['severity', '="x"', 'a="b', 'a=b c', 'a~="b"', 'a={b}', 'a b="c"'])('%s is no matcher', (text) => {
  expect(parseMatcher(text)).toMatchObject({ ok: false });
});

test('a label that is not there is empty, and patterns match the whole value', () => {
  expect(matches('site="north"', { site: 'north' })).toBe(true);
  expect(matches('site=""', {})).toBe(true);
  expect(matches('site!="north"', {})).toBe(true);
  expect(matches('site=~"nor"', { site: 'north' })).toBe(false);
  expect(matches('site=~"nor.*|x"', { site: 'north' })).toBe(true);
  expect(matches('site!~"nor.*"', { site: 'north' })).toBe(false);
  expect(matches('toString=""', {})).toBe(true);
});

test('a pattern from elsewhere that cannot be used matches nothing, and hangs nothing', () => {
  for (const value of ['(', '(?=x)', '(.)\\1', '(a{1000}){1000}', 'a'.repeat(501)]) {
    for (const isEqual of [true, false]) {
      expect(testOf([{ name: 'a', value, isRegex: true, isEqual }])({ a: 'a'.repeat(40) })).toBe(false);
    }
  }
  // What takes for ever elsewhere.
  for (const value of ['(a+)+b', '(a|aa)*b', `${'.*'.repeat(30)}b`, `${'a?'.repeat(40)}${'a'.repeat(60)}`]) {
    const matcher = { name: 'a', value, isRegex: true, isEqual: true };
    expect(testOf([matcher])({ a: 'a'.repeat(50) })).toBe(false);
  }
  for (const value of ['(a|b)?c', '[+*]+', '(?:ab)+', 'a\\(b+\\)*', '(a|b)c']) {
    expect(parseMatcher(`x=~"${value.replaceAll('\\', '\\\\')}"`)).toMatchObject({ ok: true });
  }
});
