import fc from 'fast-check';
import { quarantineViews } from '../../../functions/query/payloads.js';
import { sampleData } from '../../support/query-data.js';

const entry = sampleData().quarantine[0]!;
const withPayload = (payload: Uint8Array) => ({ ...entry, payload });

describe('quarantined payloads', () => {
  test('come back byte for byte when they are not cut', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (payload) => {
        const [view] = quarantineViews([withPayload(payload)]);
        const bytes = Buffer.from(view!.payload, view!.payloadEncoding as BufferEncoding);
        expect(bytes.equals(payload)).toBe(true);
        expect(view!.payloadTruncated).toBe(false);
      }),
    );
  });

  test('never take more than the budget together, and are cut between characters', () => {
    const payloads = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 });
    fc.assert(
      fc.property(payloads, fc.nat({ max: 40 }), (texts, budget) => {
        const views = quarantineViews(
          texts.map((text) => withPayload(Buffer.from(text))),
          budget,
        );
        const bytes = views.reduce((total, view) => total + Buffer.byteLength(view.payload), 0);
        expect(bytes).toBeLessThanOrEqual(budget);
        views.forEach((view, index) => {
          expect(Buffer.from(texts[index]!).toString().startsWith(view.payload)).toBe(true);
          expect(view.payloadTruncated).toBe(Buffer.byteLength(view.payload) < view.payloadBytes);
        });
      }),
    );
  });
});
