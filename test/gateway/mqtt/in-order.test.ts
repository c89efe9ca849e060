import { createInOrder, settleInOrder } from '../../../gateway/mqtt/in-order.js';

describe('emissions', () => {
  test('wait for those announced before them', () => {
    const emitted: number[] = [];
    const order = createInOrder();
    for (const number of [1, 2, 4, 7]) order.expect(number);
    const emit = (number: number) => order.emit(number, () => emitted.push(number));
    emit(2);
    emit(7);
    expect(emitted).toEqual([]);
    emit(1);
    expect(emitted).toEqual([1, 2]);
    order.giveUp(4);
    expect(emitted).toEqual([1, 2, 7]);
  });

  test('that were not announced go at once', () => {
    const emitted: number[] = [];
    const order = createInOrder();
    order.expect(1);
    order.emit(5, () => emitted.push(5));
    expect(emitted).toEqual([5]);
  });

  test('may publish in turn', () => {
    const emitted: number[] = [];
    const order = createInOrder();
    order.expect(1);
    order.expect(2);
    order.emit(2, () => emitted.push(2));
    order.emit(1, () => {
      emitted.push(1);
      order.expect(3);
      order.emit(3, () => emitted.push(3));
    });
    expect(emitted).toEqual([1, 2, 3]);
  });
});

test('promises settle in the order of the calls, also behind a failure', async () => {
  const inOrder = settleInOrder<string>();
  const settled: string[] = [];
  const finish: (() => void)[] = [];
  const work = (name: string, fails = false) =>
    new Promise<string>((resolve, reject) => {
      finish.push(() => (fails ? reject(new Error(name)) : resolve(name)));
    });
  const all = [
    inOrder('a', work('1')),
    inOrder('a', work('2', true)),
    inOrder('a', work('3')),
    inOrder('b', work('4')),
  ].map((promise, index) =>
    promise.then(
      () => settled.push(`${index + 1}`),
      () => settled.push(`${index + 1} failed`),
    ),
  );
  finish[3]!();
  finish[2]!();
  finish[1]!();
  await all[3];
  expect(settled).toEqual(['4']);
  finish[0]!();
  await Promise.all(all);
  expect(settled).toEqual(['4', '1', '2 failed', '3']);
});
