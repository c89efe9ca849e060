/** What every store of firings owes, whatever it keeps its rows in. */
import fc from 'fast-check';
import { CLOCK_TOLERANCE_MS, type Firings } from '../../stores/firings.js';

const LEASE = 30_000;

/** @param open each call gives an empty store */
export function firingsContract(open: () => Promise<Firings>): void {
  let firings: Firings;
  const claim = (due: number, now = due, overlap = false) =>
    firings.claim({ rule: 'job', due, now, leaseMs: LEASE, overlap });

  beforeEach(async () => {
    firings = await open();
    await firings.register('job', 'rate(1 minute)', 0);
  });
  afterEach(() => firings.close());

  test('keeps the creation moment until the expression changes', async () => {
    expect(await firings.register('other', 'rate(1 hour)', 5)).toBe(5);
    expect(await firings.register('other', 'rate(1 hour)', 9)).toBe(5);
    expect(await firings.register('other', 'rate(2 hours)', 9)).toBe(9);
    expect(await firings.register('job', 'rate(1 minute)', 9)).toBe(0);
  });

  test('refuses a rule that was never registered', async () => {
    const request = { rule: 'unknown', due: 1, now: 1, leaseMs: LEASE, overlap: false };
    await expect(firings.claim(request)).rejects.toMatchObject({ code: 'RULE_NOT_REGISTERED' });
  });

  test('gives a moment to the first who asks, and an earlier one to nobody', async () => {
    expect(await firings.last('job')).toBeUndefined();
    expect(await claim(60_000)).toEqual({ kind: 'won' });
    expect(await claim(60_000)).toEqual({ kind: 'busy', until: 60_000 + LEASE });
    expect(await firings.last('job')).toEqual({ due: 60_000, finished: false });
    await firings.finish('job', 60_000);
    expect(await firings.last('job')).toEqual({ due: 60_000, finished: true });
    expect(await claim(60_000)).toEqual({ kind: 'served' });
    expect(await claim(30_000, 60_000)).toEqual({ kind: 'served' });
    expect(await claim(90_000)).toEqual({ kind: 'won' });
  });

  test('keeps the next moment back while one is being run, unless overlap is asked for', async () => {
    await claim(60_000);
    expect(await claim(80_000)).toEqual({ kind: 'busy', until: 60_000 + LEASE });
    expect(await claim(80_000, 80_000, true)).toEqual({ kind: 'won' });
    // The earlier run ends: that is no end of the later one.
    await firings.finish('job', 60_000);
    expect(await firings.last('job')).toEqual({ due: 80_000, finished: false });
  });

  test('a run that died is given to another when its lease has run out', async () => {
    await claim(60_000);
    expect((await claim(60_000, 60_000 + LEASE - 1)).kind).toBe('busy');
    expect(await claim(60_000, 60_000 + LEASE)).toEqual({ kind: 'won' });
    expect((await claim(60_000, 60_001 + LEASE)).kind).toBe('busy');
  });

  test('a renewed lease holds on; one that another claim replaced cannot be renewed', async () => {
    await claim(60_000);
    expect(await firings.renew('job', 60_000, 200_000)).toBe(true);
    expect(await claim(120_000)).toEqual({ kind: 'busy', until: 200_000 });
    expect(await claim(240_000)).toEqual({ kind: 'won' });
    expect(await firings.renew('job', 60_000, 300_000)).toBe(false);
  });

  test('a process that is alone need not wait for the leases of the dead', async () => {
    await claim(60_000);
    await firings.releaseAll();
    expect(await claim(60_000)).toEqual({ kind: 'won' });
    await firings.finish('job', 60_000);
    await firings.releaseAll();
    expect(await claim(60_000)).toEqual({ kind: 'served' });
  });

  test('a clock set back stops no job, a clock that is a little behind runs nothing twice', async () => {
    const noon = 1_700_000_000_000;
    await claim(noon);
    await firings.finish('job', noon);
    expect(await claim(noon - 1_000)).toEqual({ kind: 'served' });
    const before = noon - CLOCK_TOLERANCE_MS - 1;
    expect(await claim(before)).toEqual({ kind: 'won' });
    expect(await claim(before)).toEqual({ kind: 'busy', until: before + LEASE });
  });

  test('any interleaving: a moment is won once, and again only after its holder was silent for a lease', async () => {
    const step = fc.record({
      kind: fc.constantFrom('claim' as const, 'finish' as const, 'die' as const),
      process: fc.integer({ min: 0, max: 2 }),
      pass: fc.integer({ min: 0, max: 20_000 }),
    });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const rule = `property-${runs++}`;
        await firings.register(rule, 'rate(10 seconds)', 0);
        let now = 10_000;
        const held = new Map<number, { due: number; at: number; lost: boolean }>();
        const finished = new Set<number>();
        for (const { kind, process, pass } of steps) {
          now += pass;
          const mine = held.get(process);
          if (kind === 'claim') {
            const due = Math.floor(now / 10_000) * 10_000;
            const claimed = await firings.claim({ rule, due, now, leaseMs: LEASE, overlap: false });
            if (claimed.kind !== 'won') continue;
            expect(finished).not.toContain(due);
            for (const other of held.values()) {
              // Nobody holds a living claim while another one is won.
              expect(other.lost || now - other.at >= LEASE).toBe(true);
              other.lost = true;
            }
            held.set(process, { due, at: now, lost: false });
          } else if (mine !== undefined) {
            if (kind === 'finish') {
              await firings.finish(rule, mine.due);
              if ((await firings.last(rule))?.due === mine.due) {
                finished.add(mine.due);
                for (const other of held.values()) if (other.due === mine.due) other.lost = true;
              }
              held.delete(process);
            }
            // A process that dies keeps its lease.
          }
        }
      }),
      { numRuns: 50 },
    );
  });
}
