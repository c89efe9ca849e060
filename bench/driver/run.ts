/**
 * One run of the driver: connect, warm up, measure, drain, and say what happened.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../common/errors.js';
import { PUBLISH, puback } from '../../simulators/drivers/packets.js';
import { AlertWatch } from './alert-watch.js';
import type { DriverConfig, DriverResult } from './config.js';
import { MqttConnection } from './connection.js';
import { Publisher } from './publisher.js';
import { ServerProbe } from './server-probe.js';
import { Tally } from './tally.js';

const CONNECT_AT_ONCE = 25;

export async function drive(config: DriverConfig): Promise<DriverResult> {
  const watch = config.alertRule === null ? null : new AlertWatch(config.alertRule);
  const tally = new Tally(watch, config.lateAfterMs);
  const subscriber = watch === null ? null : await subscribe(config, watch, tally);
  let start = 0;
  const publishers: Publisher[] = [];
  for (let c = 0; c < config.connections; c++) {
    const dueTime =
      config.mode === 'closed'
        ? null
        : (n: number) => start + ((c + n * config.connections) * 1000) / config.rate;
    publishers.push(new Publisher(c, config, tally, dueTime));
  }
  for (let c = 0; c < publishers.length; c += CONNECT_AT_ONCE) {
    const group = publishers.slice(c, c + CONNECT_AT_ONCE);
    await Promise.all(group.map((one, i) => one.open(config, `bench-driver-${process.pid}-${c + i}`)));
  }

  const probe = config.serverPid === null ? null : new ServerProbe(config.serverPid, config.sampleSeconds);
  start = performance.now();
  const measureFrom = start + config.warmupSeconds * 1000;
  const end = measureFrom + config.seconds * 1000;
  tally.measureFrom = measureFrom;
  tally.measureTo = end;
  const load =
    config.mode === 'closed' ? closedLoop(publishers, end) : openLoop(publishers, config, start, end);
  await delay(measureFrom - performance.now());
  const cpu = process.cpuUsage();
  const measuredFrom = performance.now();
  probe?.begin();
  tally.measuring = true;
  await load;
  const measuredSeconds = (performance.now() - measuredFrom) / 1000;
  tally.measuring = false;
  probe?.end(tally.measuredAcknowledged);
  const used = process.cpuUsage(cpu);

  const unsent = publishers.reduce((sum, one) => sum + one.unsent, 0);
  for (const one of publishers) one.due = one.sent;
  const drainFrom = performance.now();
  const until = (done: () => boolean) => waitUntil(done, config.drainSeconds * 1000);
  await until(() => tally.acknowledgedCount >= tally.sentCount);
  if (watch !== null) await until(() => watch.outstanding === 0);
  const drainSeconds = (performance.now() - drainFrom) / 1000;
  for (const one of publishers) one.close();
  subscriber?.close();

  const driverCpuSeconds = (used.user + used.system) / 1e6;
  return {
    config,
    sent: tally.sentCount,
    acknowledged: tally.acknowledgedCount,
    unacknowledged: tally.sentCount - tally.acknowledgedCount,
    hot: tally.hotCount,
    malformed: tally.malformedCount,
    unsent,
    sentLate: tally.sentLate,
    measured: {
      seconds: measuredSeconds,
      acknowledged: tally.measuredAcknowledged,
      eventsPerSecond: tally.measuredAcknowledged / measuredSeconds,
    },
    sendLagMs: tally.sendLag.figures(),
    ackLatencyMs: tally.ackLatency.figures(),
    ackLatencyFromSendMs: tally.ackLatencyFromSend.figures(),
    alerts: watch?.figures() ?? null,
    driverCpuSeconds,
    driverCpuSecondsPerMillion: (driverCpuSeconds * 1e6) / Math.max(1, tally.measuredAcknowledged),
    server: probe?.figures() ?? null,
    drainSeconds,
    errors: tally.errors,
  };
}

function subscribe(config: DriverConfig, watch: AlertWatch, tally: Tally): Promise<MqttConnection> {
  const opening = MqttConnection.open(
    { host: config.host, port: config.port, clientId: `bench-alerts-${process.pid}`, filter: 'alerts/#' },
    {
      onPacket: (type, flags, bytes, start, end) => {
        if (type !== PUBLISH) return;
        const now = performance.now();
        let at = start + 2 + bytes.readUInt16BE(start);
        if (((flags >> 1) & 3) > 0) {
          const messageId = bytes.readUInt16BE(at);
          at += 2;
          // Within the socket's own callbacks, so the promise has long resolved.
          void opening.then((connection) => connection.write(puback(messageId)));
        }
        try {
          watch.received(bytes.subarray(at, end), now);
        } catch (error) {
          tally.error(`an alert that is not JSON: ${messageOf(error)}`);
        }
      },
      onLost: (reason) => tally.error(`the subscriber of alerts/# lost its connection: ${reason}`),
    },
  );
  return opening;
}

async function closedLoop(publishers: readonly Publisher[], end: number): Promise<void> {
  const now = performance.now();
  for (const one of publishers) {
    one.due = Number.POSITIVE_INFINITY;
    one.pump(now);
  }
  await delay(end - performance.now());
  for (const one of publishers) one.due = one.sent;
}

/** Makes events due at `start + k / rate`; each millisecond those that have become due meanwhile. */
function openLoop(
  publishers: readonly Publisher[],
  config: DriverConfig,
  start: number,
  end: number,
): Promise<void> {
  const perMs = config.rate / 1000;
  const connections = publishers.length;
  let made = 0;
  return new Promise((resolve) => {
    const tick = () => {
      const now = performance.now();
      const total = Math.floor((Math.min(now, end) - start) * perMs);
      const first = made;
      for (; made < total; made++) publishers[made % connections]!.due++;
      const touched = Math.min(total - first, connections);
      for (let i = 0; i < touched; i++) publishers[(first + i) % connections]!.pump(now);
      if (now >= end) resolve();
      else setTimeout(tick, 1);
    };
    tick();
  });
}

async function waitUntil(done: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!done() && performance.now() < deadline) await delay(20);
}
