import { DueList, type Listed } from '../../functions/due-list.js';

const item = (name: string): Listed & { name: string } => ({ name, listedAt: Number.POSITIVE_INFINITY });
const names = (items: readonly { name: string }[]) => items.map(({ name }) => name);

test('takes what is due in the seconds up to now, once', () => {
  const list = new DueList<ReturnType<typeof item>>();
  list.list(item('a'), 1_500);
  list.list(item('b'), 2_100);
  list.list(item('never'), Number.POSITIVE_INFINITY);
  expect(names(list.take(999))).toEqual([]);
  expect(names(list.take(1_000))).toEqual(['a']);
  expect(names(list.take(9_000))).toEqual(['b']);
  expect(names(list.take(9_000))).toEqual([]);
});

test('what is due earlier by now is taken earlier, and only then; later is noticed by whoever takes it', () => {
  const list = new DueList<ReturnType<typeof item>>();
  const a = item('a');
  list.list(a, 5_000);
  list.list(a, 3_000);
  list.list(a, 9_000);
  expect(names(list.take(3_000))).toEqual(['a']);
  list.list(a, 9_000);
  expect(names(list.take(5_000))).toEqual([]);
  expect(names(list.take(9_000))).toEqual(['a']);
});
