/** Alerts as the stores keep them: JSON documents, those of before alerts had a version and a reason among them. */
import type { Alert, Told } from './alerts.js';

type KeptAlert = Omit<Alert, 'ruleVersion' | 'reason' | 'flapping'> & Partial<Alert>;

export function alertOf(document: string): Alert {
  return complete(JSON.parse(document) as KeptAlert);
}

export function toldOf(document: string): Told[] {
  const kept = JSON.parse(document) as { alert: KeptAlert; passed: boolean }[];
  return kept.map(({ alert, passed }) => ({ alert: complete(alert), passed }));
}

function complete(alert: KeptAlert): Alert {
  const { ruleVersion = '', reason = 'condition', flapping = false } = alert;
  return alert.ruleVersion === undefined ? { ...alert, ruleVersion, reason, flapping } : (alert as Alert);
}
