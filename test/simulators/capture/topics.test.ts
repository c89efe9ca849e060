import { parseTopicRule, rewriteTopic } from '../../../simulators/capture/topics.js';

const rewrite = (topic: string, rules: readonly string[], prefix = '') =>
  rewriteTopic(topic, rules.map(parseTopicRule), prefix);

describe('rewriting topics', () => {
  test.each([
    ['factory/7/a/temp', 'factory/+/+/temp=devices/{2}/telemetry', 'devices/a/telemetry'],
    ['a/b/c/d', 'a/#=x/{#}', 'x/b/c/d'],
    ['a', 'a/#=x{#}', 'x'],
    ['a/b/c', '+/#={#}/{1}{1}', 'b/c/aa'],
    ['/a', '+/a=x{1}y', 'xy'],
    ['other', 'a/#=x', 'other'],
    ['a=b', 'a=c', 'a=b'],
  ])('%s by %s is %s', (topic, rule, expected) => expect(rewrite(topic, [rule])).toBe(expected));

  test('the first rule that matches applies, and the prefix comes before all', () => {
    expect(rewrite('a/b', ['a/+=1/{1}', 'a/b=2'], 'test/')).toBe('test/1/b');
    expect(rewrite('c', ['a/+=1/{1}'], 'test/')).toBe('test/c');
  });

  test('what can be no topic is none', () => {
    expect(rewrite('a', ['a/#={#}'])).toBeUndefined();
    expect(rewrite('a', [], 'p'.repeat(65_535))).toBeUndefined();
    expect(rewrite('a', [], 'p/+/')).toBeUndefined();
  });

  test.each(['a', '=x', 'a=', 'a+/b=x', '#/a=x', 'a/+=x/{2}', 'a/+=x/{#}', 'a/+=x/{0}', 'a=b/#', 'a=+'])(
    '%s is no rule',
    (text) => expect(() => parseTopicRule(text)).toThrow(expect.objectContaining({ code: 'REPLAY_TOPIC' })),
  );
});
