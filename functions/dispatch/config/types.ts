/** `notifications.yml`, checked, with defaults filled in and secrets in place. Durations are ms. */

import type { Matcher } from '../../../stores/operations.js';
import type { ActiveHours } from '../../alert/language/rule.js';

export interface NotificationConfig {
  /** Without a slash at its end; `` when there is none. */
  readonly externalUrl: string;
  readonly route: Route;
  readonly inhibitRules: readonly InhibitRule[];
  /** By name. */
  readonly receivers: ReadonlyMap<string, Receiver>;
}

export interface Route {
  /**
   * Its matchers and those above it, `{}/{severity="critical"}`: the same while the file says the same about it,
   * wherever it stands. Of two siblings with equal matchers the second one ends with `#2`.
   */
  readonly key: string;
  readonly receiver: string;
  /** Of this route alone; the root has none. */
  readonly matchers: readonly Matcher[];
  /** Label names; null: each alert by itself (`...`). */
  readonly groupBy: readonly string[] | null;
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  /** Earliest first. */
  readonly escalation: readonly EscalationStep[];
  /** When it tells what begins; null: always. What it told it tells the end of at any time. */
  readonly active: ActiveHours | null;
  /** Whether siblings after it are asked, too. */
  readonly continue: boolean;
  readonly routes: readonly Route[];
}

export interface EscalationStep {
  /** So long after the alert was first told, while it fires and nobody has acknowledged it. */
  readonly afterMs: number;
  readonly receiver: string;
}

export interface InhibitRule {
  readonly sourceMatchers: readonly Matcher[];
  readonly targetMatchers: readonly Matcher[];
  /** Labels that source and target must have in common; one that both lack is equal. */
  readonly equal: readonly string[];
}

export interface Receiver {
  readonly name: string;
  /** In the order of the file; none: what is routed here is told to nobody. */
  readonly targets: readonly Target[];
}

interface TargetBase {
  /** `{receiver}/{kind}/{index}`: `oncall/webhook/0`; the index counts those of one kind. */
  readonly id: string;
  /** Of one attempt. */
  readonly timeoutMs: number;
  /** Without: only what fires is told (and what fired and resolved before it could be told). */
  readonly sendResolved: boolean;
  /** Alerts in one notification at the most; 0: all. `dispatch` leaves out the others, and says how many. */
  readonly maxAlerts: number;
}

export interface WebhookTarget extends TargetBase {
  readonly kind: 'webhook';
  readonly url: string;
  /** Of the HMAC signature; null: it is not signed. */
  readonly secret: string | null;
}

export interface EmailTarget extends TargetBase {
  readonly kind: 'email';
  readonly to: readonly string[];
  readonly from: string;
  /** `smtp://user:password@host:587` or `smtps://…` */
  readonly smtp: string;
  /** Null: made of status and group. */
  readonly subject: string | null;
}

export interface SlackTarget extends TargetBase {
  readonly kind: 'slack';
  readonly url: string;
}

export interface PagerDutyTarget extends TargetBase {
  readonly kind: 'pagerduty';
  readonly routingKey: string;
  readonly url: string;
}

export interface SnsTarget extends TargetBase {
  readonly kind: 'sns';
  readonly topicArn: string;
  readonly region: string;
  /** Null: AWS' own. */
  readonly endpoint: string | null;
}

/** A topic of AWS IoT Core: MQTT subscribers there. */
export interface IotTarget extends TargetBase {
  readonly kind: 'iot';
  /** `{status}`, `{receiver}`, `{severity}` and `{alertname}` stand for those of the notification. */
  readonly topic: string;
  readonly region: string;
  /** The account's data endpoint, `https://….iot.eu-west-1.amazonaws.com`; null: the region's. */
  readonly endpoint: string | null;
}

export type Target = WebhookTarget | EmailTarget | SlackTarget | PagerDutyTarget | SnsTarget | IotTarget;
