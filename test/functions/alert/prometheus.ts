/**
 * Prometheus' life cycle of one alert, written from its `rules/alerting.go` (Eval), for tests to compare with: the rule
 * is evaluated at regular times, and each time the condition holds or does not.
 */

/** What Prometheus would tell, at which evaluation. */
export interface Notice {
  readonly state: 'firing' | 'resolved';
  /** Time of the evaluation at which it became active. */
  readonly activeAt: number;
  readonly at: number;
}

interface Active {
  state: 'pending' | 'firing';
  readonly activeAt: number;
  /** 0: it holds. */
  keepFiringSince: number;
}

export class PrometheusRule {
  holdDuration: number;
  readonly keepFiringFor: number;
  readonly notices: Notice[] = [];
  #active: Active | null = null;

  /** @param holdDuration `for`; both in ms */
  constructor(holdDuration: number, keepFiringFor: number) {
    this.holdDuration = holdDuration;
    this.keepFiringFor = keepFiringFor;
  }

  eval(ts: number, holds: boolean): void {
    if (holds) this.#active ??= { state: 'pending', activeAt: ts, keepFiringSince: 0 };
    const active = this.#active;
    if (active === null) return;
    if (holds) active.keepFiringSince = 0;
    else if (!this.#keepsFiring(active, ts)) {
      if (active.state === 'firing') this.#tell('resolved', active.activeAt, ts);
      this.#active = null;
      return;
    }
    if (active.state === 'pending' && ts - active.activeAt >= this.holdDuration) {
      active.state = 'firing';
      this.#tell('firing', active.activeAt, ts);
    }
  }

  /** The rule is taken out. Prometheus forgets what fired; here it is told at the next record. */
  remove(ts: number): void {
    if (this.#active?.state === 'firing') this.#tell('resolved', this.#active.activeAt, ts);
    this.#active = null;
  }

  #keepsFiring(active: Active, ts: number): boolean {
    if (active.state !== 'firing' || this.keepFiringFor === 0) return false;
    if (active.keepFiringSince === 0) active.keepFiringSince = ts;
    return ts - active.keepFiringSince < this.keepFiringFor;
  }

  #tell(state: Notice['state'], activeAt: number, at: number): void {
    this.notices.push({ state, activeAt, at });
  }
}
