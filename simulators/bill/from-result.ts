/** From a run's result, and from nothing but flags, to the load that is priced. */
import { MillraceError } from '../../common/errors.js';
import type { RunResult } from '../result.js';
import { type Bill, makeBill } from './bill.js';
import { loadPrices, type PriceFile } from './prices.js';
import {
  ASSUMPTIONS,
  type Assumptions,
  type Choices,
  DEFAULT_LOAD,
  type DeploymentSettings,
  type FunctionTimes,
  type LoadProfile,
  scaled,
} from './profile.js';

export interface BillOptions {
  /** Extrapolate to so many devices, linear in events. */
  readonly devices?: number;
  /** Events a second of the whole fleet, instead of the run's (before extrapolation). */
  readonly rate?: number;
  /** Bytes, mean and 95th percentile. */
  readonly payload?: { readonly mean: number; readonly p95: number };
  /** Of the running deployment. */
  readonly times?: Readonly<Record<string, FunctionTimes>>;
  readonly apiRequestsPerSecond?: number;
  readonly choices?: Partial<Choices>;
  readonly assumptions?: Partial<Assumptions>;
  readonly maxSeconds?: number;
  readonly prices?: PriceFile;
}

/** The bill of a run's load, with the payload sizes and durations that the result has, unless the options say others. */
export function billOf(result: RunResult, settings: DeploymentSettings, options: BillOptions = {}): Bill {
  const { payloadBytes, functionTimes } = result;
  const measured: BillOptions = {
    ...(payloadBytes ? { payload: payloadBytes } : {}),
    ...options,
    times: { ...functionTimes, ...options.times },
  };
  const load = loadOf(result);
  const { mean } = load.eventsPerSecond;
  return billFor({ ...load, settings }, measured, [
    `Load: run ${result.id}, ${result.scenario.devices} devices with ${Number(mean.toPrecision(3))} events/s in scenario time.`,
  ]);
}

/** The bill of a load that is only described. */
export function billFromFlags(settings: DeploymentSettings, options: BillOptions = {}): Bill {
  const devices = options.devices ?? DEFAULT_LOAD.devices;
  const mean = options.rate ?? devices / DEFAULT_LOAD.interval;
  const load = {
    devices,
    connections: devices,
    eventsPerSecond: { mean, peak: mean * DEFAULT_LOAD.peakFactor },
    alertsPerSecond: mean * DEFAULT_LOAD.alertShare,
    refusedShare: 0,
  };
  const { devices: _, rate: __, ...rest } = options;
  return billFor({ ...load, settings }, rest, [
    `Load: stated, not measured: ${options.rate === undefined ? `an event of each device every ${DEFAULT_LOAD.interval} s` : `${mean} events/s`}, twice that at the peak, an alert for one event in ${1 / DEFAULT_LOAD.alertShare}.`,
  ]);
}

type Load = Omit<LoadProfile, 'payloadBytes' | 'hoursPerMonth' | 'apiRequestsPerSecond' | 'times'>;

function billFor(load: Load, options: BillOptions, notes: readonly string[]): Bill {
  const { rate, devices, payload, times = {} } = options;
  const { mean, peak } = load.eventsPerSecond;
  const factor = rate === undefined ? 1 : rate / mean;
  const whole: LoadProfile = {
    ...load,
    eventsPerSecond: { mean: mean * factor, peak: peak * factor },
    alertsPerSecond: load.alertsPerSecond * factor,
    payloadBytes: payload ?? { mean: DEFAULT_LOAD.payloadBytes, p95: DEFAULT_LOAD.payloadBytes },
    hoursPerMonth: DEFAULT_LOAD.hoursPerMonth,
    apiRequestsPerSecond: options.apiRequestsPerSecond ?? DEFAULT_LOAD.apiRequestsPerSecond,
    times,
  };
  const profile = devices === undefined ? whole : scaled(whole, devices);
  const choices: Choices = {
    architecture: load.settings.architecture,
    kinesis: 'provisioned',
    enhancedFanOut: false,
    basicIngest: false,
    freeTier: false,
    ...options.choices,
  };
  const pricing = {
    prices: options.prices ?? loadPrices(),
    assumptions: { ...ASSUMPTIONS, ...options.assumptions },
    choices,
  };
  return makeBill(profile, pricing, options.maxSeconds, [
    ...notes,
    ...(profile.devices === load.devices
      ? []
      : [`Extrapolated from ${load.devices} to ${profile.devices} devices, linear in events.`]),
    ...(payload === undefined ? [`Payload: ${DEFAULT_LOAD.payloadBytes} bytes were assumed.`] : []),
    durationNote(load.settings, times, pricing.assumptions),
  ]);
}

function durationNote(
  { functions }: DeploymentSettings,
  times: BillOptions['times'] & object,
  { times: { msPerInvocation, msPerRecord } }: Assumptions,
): string {
  const assumed = functions.map(({ name }) => name).filter((name) => times[name] === undefined);
  if (assumed.length === 0) return 'Durations of all functions were measured.';
  const all = assumed.length === functions.length;
  return `Durations of ${all ? 'all functions' : assumed.join(', ')} are assumed: ${msPerInvocation} ms an invocation and ${msPerRecord} ms a record on a whole core.`;
}

/** Rates are those of scenario time: a run at speed 10 stands for a fleet that sends a tenth as fast. */
function loadOf({ scenario, drive, samples, ledger, seconds }: RunResult): Omit<Load, 'settings'> {
  const { devices, speed, phases } = scenario;
  const wall = Math.max(0, ...phases.map(({ until }) => until)) || seconds;
  const mean = drive.sent / wall / speed;
  if (!(mean > 0)) {
    throw new MillraceError('the run sent nothing, so there is nothing to price', {
      code: 'RUN_EMPTY',
      hint: 'Give a result with events, or describe the load with --devices and --rate.',
    });
  }
  const peak = Math.max(mean, ...samples.map(({ sent }) => sent / speed));
  const booked = (what: string) => ledger.find((row) => row.what === what)?.actual ?? undefined;
  const fired = booked('alerts fired') ?? samples.reduce((sum, sample) => sum + sample.alerts, 0);
  const resolved = booked('alerts resolved') ?? fired;
  return {
    devices,
    connections: devices,
    eventsPerSecond: { mean, peak },
    alertsPerSecond: (fired + resolved) / wall / speed,
    refusedShare: Math.min(1, (booked('quarantined') ?? 0) / drive.sent),
  };
}
