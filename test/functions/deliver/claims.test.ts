import { claimLimit, type Sizes, sawClaimed } from '../../../functions/deliver/claims.js';
import { deliveryOf } from './support.js';

const TARGET = 'ops/webhook/0';

test('of large notifications fewer are claimed at a time, but always one', () => {
  const sizes: Sizes = new Map();
  const saw = (characters: number) => {
    const delivery = { ...deliveryOf('a', TARGET), notification: 'x'.repeat(characters) };
    sawClaimed(sizes, TARGET, [delivery, delivery]);
    return claimLimit(sizes, TARGET, 256);
  };
  expect(claimLimit(sizes, TARGET, 64)).toBe(64);
  expect(claimLimit(sizes, TARGET, 256)).toBe(128);
  expect(saw(500)).toBe(256);
  expect(saw(2 ** 20)).toBe(8);
  expect(saw(20 * 2 ** 20)).toBe(1);
  sawClaimed(sizes, TARGET, []);
  expect(claimLimit(sizes, TARGET, 256)).toBe(1);
  expect(claimLimit(sizes, 'another', 64)).toBe(64);
});
