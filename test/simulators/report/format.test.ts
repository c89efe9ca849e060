import { bytes, change, counted, latency, rate, span } from '../../../simulators/report/format.js';

test.each([
  [latency(0.0421), '42 µs'],
  [latency(3.2), '3.2 ms'],
  [latency(842.3), '842 ms'],
  [latency(1250), '1.25 s'],
  [span(4.21), '4.2 s'],
  [span(60), '60 s'],
  [span(125), '2 min 5 s'],
  [span(600), '10 min'],
  [span(12_000), '3 h 20 min'],
  [bytes(0), '0 B'],
  [bytes(1000), '1 KB'],
  [bytes(276_700_000), '277 MB'],
  [rate(0), '0'],
  [rate(66.8333), '66.8'],
  [rate(12_345.6), '12,346'],
  [counted(1, 'device'), '1 device'],
  [counted(1200, 'device'), '1,200 devices'],
  [change(10, 10), '±0 %'],
  [change(100, 99.99), '±0 %'],
  [change(100, 104.2), '+4.2 %'],
  [change(100, 50), '−50 %'],
  [change(0, 7), '+7'],
])('%s', (text, expected) => {
  expect(text).toBe(expected);
});
