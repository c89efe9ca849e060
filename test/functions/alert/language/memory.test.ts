import { compile } from '../../../../functions/alert/language/compile.js';
import { emptyContext } from '../../../../functions/alert/language/context.js';
import { Memory, MemoryPlan } from '../../../../functions/alert/language/memory.js';
import { device, ruleOf, sampleOf } from './support.js';

const context = emptyContext();
const rule = (source: string) => {
  const condition = compile(source, context);
  return ruleOf(condition, condition.deviceTypes);
};
const reefers = rule(`device.type == "reefer" && window('10s').t.mean > 1`);
const vehicles = rule(`device.type == "vehicle" && (window('10s').t.max > 1 && stuck('t', '1m'))`);
const plain = rule('event.t > 1');

test('features observe events of the device types of their rules', () => {
  const plan = new MemoryPlan([reefers, vehicles, plain]);
  const idsOf = (type: string) => plan.of(type).map(({ id }) => id);
  expect(idsOf('reefer')).toEqual(['window:10000:t']);
  expect(idsOf('vehicle')).toEqual(['window:10000:t', 'stuck:60000:t']);
  expect(idsOf('meter')).toEqual([]);
  expect(new MemoryPlan([reefers, rule(`window('10s').t.min > 1`)]).of('meter')).toHaveLength(1);
});

test('rules that remember nothing need no memory', () => {
  expect(new MemoryPlan([plain]).of('reefer')).toEqual([]);
});

test('what no rule uses any more is dropped, what is new begins empty', () => {
  const memory = new Memory(new MemoryPlan([reefers]));
  memory.observe(sampleOf({ t: 5 }, 1_000));
  const text = memory.encode();
  const other = Memory.decode(new MemoryPlan([rule(`absent('1m')`)]), text);
  expect(JSON.parse(other.encode())).toEqual({ v: 1, states: [] });
  const more = new MemoryPlan([rule(`absent('1m')`), reefers]);
  const both = Memory.decode(more, text);
  both.observe(sampleOf({ t: 5 }, 2_000));
  expect(both.state(reefers.condition.features[0]!)).toMatchObject({ values: [5, 5] });
  expect(both.nextChange(2_000)).toBe(12_000);
});

test('asking leaves nothing behind', () => {
  const memory = new Memory(new MemoryPlan([reefers]));
  const text = memory.encode();
  reefers.condition.holds({ event: {}, device, at: 0, memory, firing: () => false });
  expect(memory.encode()).toBe(text);
});

test('what a newer version wrote is refused', () => {
  expect(() => Memory.decode(new MemoryPlan([]), '{"v":2}')).toThrow(/version 2/);
});
