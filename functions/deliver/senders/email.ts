/**
 * Sends mails by SMTP, each over a connection of its own: they are few, and a connection that is kept can be lost in the
 * middle of the next mail.
 */

import { codeOf, messageOf } from '../../../common/errors.js';
import type { EmailTarget } from '../../dispatch/config/types.js';
import { mailOf } from '../formats/email.js';
import { failed, type Outcome, refused } from '../outcome.js';
import type { Send } from './sender.js';

export const sendEmail: Send<EmailTarget> = async (document, target, { signal, publicText }) => {
  // Only deployments that send mails load it.
  const { createTransport } = await import('nodemailer');
  const { timeoutMs } = target;
  const transport = createTransport({
    url: target.smtp,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const { thread, to, ...mail } = mailOf(document, target);
  try {
    const info = await transport.sendMail({
      ...mail,
      to: [...to],
      headers: { ...mail.headers },
      inReplyTo: thread,
      references: thread,
      signal,
    });
    const { rejected = [], response = '' } = info as { rejected?: string[]; response?: string };
    const note = rejected.length === 0 ? null : publicText(`refused for ${rejected.join(', ')}`);
    return { kind: 'delivered', status: statusIn(response), note };
  } catch (error) {
    return signal.aborted ? failed('no answer in time') : outcomeOf(error, publicText);
  } finally {
    transport.close();
  }
};

function statusIn(response: string): number | null {
  const [, status] = /^(\d{3})/.exec(response) ?? [];
  return status === undefined ? null : Number(status);
}

/** 5xx of SMTP is for good, 4xx and anything that is no answer may pass. */
function outcomeOf(error: unknown, publicText: (text: string) => string): Outcome {
  const { responseCode, permanent } = error as { responseCode?: number; permanent?: boolean };
  const status = typeof responseCode === 'number' ? responseCode : null;
  const code = codeOf(error);
  const message = publicText(code === undefined ? messageOf(error) : `${code} ${messageOf(error)}`);
  return permanent === true ? refused(message, status) : failed(message, status);
}
