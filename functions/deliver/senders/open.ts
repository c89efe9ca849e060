/** One sender for all kinds of targets. */
import type { Target } from '../../dispatch/config/types.js';
import { pagerDutyMessage } from '../formats/pagerduty.js';
import { slackMessage } from '../formats/slack.js';
import { webhookMessage } from '../formats/webhook.js';
import { sendEmail } from './email.js';
import { post } from './http.js';
import { createIotSender } from './iot.js';
import type { Send } from './sender.js';
import { createSnsSender } from './sns.js';

export function openSender(): Send {
  const sendSns = createSnsSender();
  const sendIot = createIotSender();
  return (document, target: Target, attempting) => {
    switch (target.kind) {
      case 'webhook':
        return post(webhookMessage(document, target, attempting.now), attempting);
      case 'slack':
        return post(slackMessage(document, target), attempting);
      case 'pagerduty':
        return post(pagerDutyMessage(document, target), attempting);
      case 'email':
        return sendEmail(document, target, attempting);
      case 'sns':
        return sendSns(document, target, attempting);
      case 'iot':
        return sendIot(document, target, attempting);
    }
  };
}
