import { createTurns } from '../../../runtime/environments/turns.js';

/** Work that ends when it is told to. */
function work(name: string, log: string[]) {
  let end = (_error?: Error) => {};
  const done = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error));
  });
  return {
    end: (error?: Error) => end(error),
    run: () => {
      log.push(name);
      return done;
    },
  };
}

test('so many run at a time, the others in order of arrival', async () => {
  const log: string[] = [];
  const turns = createTurns(2);
  const all = ['a', 'b', 'c', 'd'].map((name) => work(name, log));
  const taken = all.map(({ run }) => turns.take(run));
  expect(log).toEqual(['a', 'b']);
  all[1]!.end();
  await taken[1];
  expect(log).toEqual(['a', 'b', 'c']);
  all[0]!.end(new Error('failed'));
  await expect(taken[0]).rejects.toThrow('failed');
  expect(log).toEqual(['a', 'b', 'c', 'd']);
  all[2]!.end();
  all[3]!.end();
  await Promise.all(taken.slice(2));
});

test('a free turn is taken at once', async () => {
  const turns = createTurns(1);
  await turns.take(async () => undefined);
  const log: string[] = [];
  const next = work('next', log);
  const taken = turns.take(next.run);
  expect(log).toEqual(['next']);
  next.end();
  await taken;
});
