import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchTree } from '../../cli/watch-tree.js';
import { poll } from '../support/poll.js';

let root: string;
let seen: Set<string>;
let stop: () => void;

function watching(): void {
  stop = watchTree(root, {
    skip: (_path, name) => name === 'dist',
    quietMs: 20,
    onChange: (paths) => {
      for (const path of paths) seen.add(path.slice(root.length + 1));
    },
  });
}

const saw = (path: string) => poll(() => seen.has(path), { what: `a change of ${path}` });
const write = (path: string) => writeFileSync(join(root, path), String(performance.now()));

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-watch-')));
  seen = new Set();
  mkdirSync(join(root, 'a', 'b'), { recursive: true });
});

afterEach(() => {
  stop();
  rmSync(root, { recursive: true });
});

test('sees files in folders of any depth, more than once', async () => {
  watching();
  write('a/b/one.ts');
  await saw('a/b/one.ts');
  seen.clear();
  write('a/b/one.ts');
  await saw('a/b/one.ts');
});

test('goes on seeing a file that an editor replaces by another', async () => {
  write('a/one.ts');
  watching();
  for (let save = 0; save < 3; save++) {
    seen.clear();
    write('a/one.ts~');
    renameSync(join(root, 'a/one.ts~'), join(root, 'a/one.ts'));
    await saw('a/one.ts');
  }
});

test('sees what lies in a folder that appears, and what is written there later', async () => {
  watching();
  mkdirSync(join(root, 'new', 'deep'), { recursive: true });
  write('new/deep/one.ts');
  await saw('new/deep/one.ts');
  write('new/deep/two.ts');
  await saw('new/deep/two.ts');
});

test('sees removals, and survives that of a folder', async () => {
  write('a/b/one.ts');
  watching();
  rmSync(join(root, 'a', 'b'), { recursive: true });
  await saw('a/b');
  write('a/two.ts');
  await saw('a/two.ts');
});

test('stays out of skipped folders and out of circles', async () => {
  mkdirSync(join(root, 'dist'));
  symlinkSync(root, join(root, 'a', 'circle'));
  watching();
  write('dist/one.js');
  write('a/one.ts');
  await saw('a/one.ts');
  expect([...seen].some((path) => path.startsWith('dist'))).toBe(false);
});
