/** A function that does what its records tell it to: for tests of what an environment survives. */
import type { EntryPoints, Platform } from '../../../functions/contract.js';
import { recordsOf } from '../../../streams/batch.js';

export function create(platform: Platform): EntryPoints {
  let invocations = 0;
  const hoard: unknown[] = [];
  return {
    async process(batch) {
      invocations++;
      const failures: bigint[] = [];
      for (const { offset, value } of recordsOf(batch)) {
        const order = Buffer.from(value).toString();
        if (order === 'fail') failures.push(offset);
        if (order === 'throw') throw new TypeError('told to throw');
        if (order === 'exit') process.exit(3);
        if (order === 'hang') for (;;);
        if (order === 'hoard') for (;;) hoard.push(new Array(10_000).fill({ hoard: Math.random() }));
        if (order === 'count') await report(platform, `invocation ${invocations}`);
        if (order === 'crash') await crash();
        if (order.startsWith('spin ')) spin(Number(order.slice(5)));
        if (order === 'late') setTimeout(() => process.exit(4), 1);
      }
      return { batchItemFailures: failures };
    },
    async scheduled({ time }) {
      await report(platform, `scheduled ${time}`);
    },
    async fetch(request) {
      return new Response(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`, {
        status: 201,
        headers: { 'x-made-by': 'misbehaving' },
      });
    },
  };
}

function report(platform: Platform, text: string): Promise<void> {
  return platform.publish([{ topic: 'report', payload: Buffer.from(text), qos: 0, retain: false }]);
}

/** Throws where nobody catches. */
function crash(): Promise<never> {
  return new Promise(() => {
    setTimeout(() => {
      throw new Error('told to crash');
    }, 1);
  });
}

function spin(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
