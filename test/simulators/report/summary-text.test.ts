import { COLOURS, summaryText } from '../../../simulators/report/summary-text.js';
import { badRun, runResult } from '../../support/run-result.js';

test('a good run, read in ten seconds', () => {
  expect(summaryText(runResult(), ['.millrace/runs/a.json'])).toMatchInlineSnapshot(`
"✓ GOOD  All that was looked at is as it must be.

scenario         Cold chain, seed 11, 40 devices → mqtt://127.0.0.1:1883
sent             6,560 of 6,560 events in 60 s (109/s)
acknowledged     6,560  p50 1.16 ms, p99 17.7 ms, p99.9 18.8 ms, max 18.9 ms
connects         61, 3 failed
stored           6,563 of 6,560 to 6,572
validated        6,531 of 6,529 to 6,541
in quarantine    31 of 31
alerts fired     70 of 70
alerts resolved  70 of 70
windows          722 of 720 to 724
rollups          320 expected, not shown by the backend
alert latency    p50 3.58 ms, p99 31.1 ms, p99.9 31.8 ms, max 31.8 ms
backend          0.46 cores, at most 125 MB
simulator        0.17 cores, at most 85.9 MB
chaos            kill at 30 s, started again at 33 s
not checked      rollups: the backend rolls up every five minutes, the run was shorter
kept             .millrace/runs/a.json
"
`);
});

test('a bad run: what is wrong comes first, with examples', () => {
  expect(summaryText(badRun(), [])).toMatchInlineSnapshot(`
"✗ BAD  7 lost (window), 1 unexpected (alert); alert_latency is not p(99)<20ms.

7 lost  window
    window of temperature of truck-11-0 from 2026-11-21T15:00:20.000Z: holds 4 events instead of 5
    window of temperature of <b>truck</b> from 2026-11-21T15:00:20.000Z: holds 4 events instead of 5
    … and 5 more

1 unexpected  alert
    HighTemperature of truck-11-3 from 2026-11-21T15:00:31.000Z (firing) must not have been told

threshold        alert_latency: p(99)<20ms is broken by 33.25 ms

scenario         Cold chain, seed 11, 40 devices → mqtt://127.0.0.1:1883
sent             6,560 of 6,560 events in 60 s (109/s)
acknowledged     6,560  p50 1.16 ms, p99 17.7 ms, p99.9 18.8 ms, max 18.9 ms
connects         61, 3 failed
stored           6,563 of 6,560 to 6,572
validated        6,531 of 6,529 to 6,541
in quarantine    31 of 31
alerts fired     70 of 70
alerts resolved  70 of 70
windows          713 of 720 to 724
rollups          320 expected, not shown by the backend
alert latency    p50 3.58 ms, p99 31.1 ms, p99.9 31.8 ms, max 31.8 ms
backend          0.46 cores, at most 125 MB
simulator        0.17 cores, at most 85.9 MB
chaos            kill at 30 s, started again at 33 s
"
`);
});

test('colours only decorate', () => {
  const coloured = summaryText(badRun(), [], COLOURS);
  expect(coloured).not.toBe(summaryText(badRun(), []));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is removed
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(summaryText(badRun(), []));
});

test('nothing sent is nothing good to say', () => {
  const { drive } = runResult();
  const nothing = runResult({ drive: { ...drive, sent: 0, acknowledged: 0 } });
  expect(summaryText(nothing, [])).toContain('Nothing was sent.');
});

test('findings that thresholds allow are told all the same', () => {
  const { verdict } = badRun();
  const text = summaryText(runResult({ verdict: { ...verdict, ok: true } }), []);
  expect(text).toContain('GOOD  Within the thresholds: 7 lost (window), 1 unexpected (alert).');
});
