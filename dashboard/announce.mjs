// Tells screen readers what changed among the alerts; the table itself is too much to be read out every second.
import { setText } from './dom.mjs';

let firing;

/** Announces alerts that began or ceased to fire since the last call; the first call only takes note. */
export function announceAlerts(alerts) {
  const now = new Map(alerts.firing.map((alert) => [alert.fingerprint, alert]));
  if (firing !== undefined) {
    const said = [];
    for (const [fingerprint, alert] of now) {
      if (!firing.has(fingerprint))
        said.push(`${alert.severity}: ${alert.rule} is firing on ${alert.deviceId}.`);
    }
    for (const [fingerprint, alert] of firing) {
      if (now.has(fingerprint)) continue;
      const isSilent = alerts.nodata.some((other) => other.fingerprint === fingerprint);
      said.push(`${alert.rule} on ${alert.deviceId} ${isSilent ? 'has no data' : 'is no longer firing'}.`);
    }
    if (said.length > 0) setText(document.getElementById('announcer'), said.slice(0, 5).join(' '));
  }
  firing = now;
}
