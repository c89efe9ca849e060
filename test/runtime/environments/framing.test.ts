import fc from 'fast-check';
import { createFrameReader, frame } from '../../../runtime/environments/framing.js';

test('messages and bodies come out whole, however the pipe cuts them', () => {
  const messages = fc.array(fc.record({ text: fc.string(), body: fc.uint8Array({ maxLength: 50 }) }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 40 }), (sent, size) => {
      const bytes = Buffer.concat(
        sent.flatMap(({ text, body }) => frame({ text, n: 1n }, Buffer.from(body))),
      );
      const got: unknown[] = [];
      const read = createFrameReader<{ text: string }>((message, body) => {
        got.push({ ...message, body: [...body] });
      });
      for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size));
      expect(got).toEqual(sent.map(({ text, body }) => ({ text, n: 1n, body: [...body] })));
    }),
  );
});
