/** Mails in a real SMTP conversation. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { EmailTarget } from '../../../functions/dispatch/config/types.js';
import { benchOf } from './run-support.js';
import { deliveryOf, inGroup, put } from './support.js';

const TARGET = 'ops/email/0';
const opened: SMTPServer[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await new Promise<void>((resolve) => server.close(() => resolve()));
});

interface Mails {
  readonly port: number;
  readonly mails: string[];
}

async function mailServer(options: SMTPServerOptions = {}): Promise<Mails> {
  const mails: string[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    logger: false,
    onData(stream, _session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString('utf8'));
        callback(null);
      });
    },
    ...options,
  });
  opened.push(server);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return { port: (server.server.address() as AddressInfo).port, mails };
}

function mailTo(port: number, more: Partial<EmailTarget> = {}): EmailTarget {
  return {
    id: TARGET,
    kind: 'email',
    timeoutMs: 5_000,
    sendResolved: true,
    maxAlerts: 100,
    to: ['ops@example.org', 'Second <second@example.org>'],
    from: 'Millrace <alerts@example.org>',
    smtp: `smtp://127.0.0.1:${port}`,
    subject: null,
    ...more,
  };
}

const header = (mail: string, name: string) =>
  new RegExp(`^${name}: (.*(?:\\r\\n[ \\t].*)*)`, 'im').exec(mail)?.[1]?.replaceAll(/\r\n\s+/g, ' ');

test('a mail arrives, in the thread of its group, with text and HTML', async () => {
  const { port, mails } = await mailServer();
  const bench = benchOf(mailTo(port));
  await put(bench.stores, deliveryOf('n1', TARGET, inGroup('g')), deliveryOf('n2', TARGET, inGroup('g')));
  await bench.run();
  expect(await bench.ids('delivered')).toEqual(['n1', 'n2']);
  expect(mails.map((mail) => header(mail, 'Message-ID'))).toEqual(['<n1@example.org>', '<n2@example.org>']);
  const [first, second] = mails.map((mail) => header(mail, 'References'));
  expect(first).toMatch(/^<group-[0-9a-f]{32}@example\.org>$/);
  expect(second).toBe(first);
  expect(header(mails[0]!, 'Subject')).toBe('[FIRING:1] TooWarm site=north');
  expect(header(mails[0]!, 'To')).toBe('ops@example.org, Second <second@example.org>');
  expect(header(mails[0]!, 'Auto-Submitted')).toBe('auto-generated');
  expect(header(mails[0]!, 'Content-Type')).toContain('multipart/alternative');
  const [attempt] = await bench.stores.deliveries.attempts('n1');
  expect(attempt).toMatchObject({ outcome: 'delivered', status: 250, error: null });
});

test('a server that is busy gets the mail again, one that refuses it for good does not', async () => {
  let code = 451;
  const { port, mails } = await mailServer({
    onMailFrom: (_address, _session, callback) =>
      callback(code === 0 ? null : Object.assign(new Error('not now'), { responseCode: code })),
  });
  const bench = benchOf(mailTo(port));
  await put(bench.stores, deliveryOf('n1', TARGET, inGroup('1')));
  await bench.run();
  expect(await bench.delivery('n1')).toMatchObject({ state: 'waiting', attempts: 1 });
  code = 0;
  bench.ahead += 2_000;
  await bench.run();
  expect(mails).toHaveLength(1);
  code = 550;
  await put(bench.stores, deliveryOf('n2', TARGET, inGroup('2')));
  await bench.run();
  expect(await bench.ids('dead')).toEqual(['n2']);
  const [attempt] = await bench.stores.deliveries.attempts('n2');
  expect(attempt).toMatchObject({ outcome: 'dead', status: 550 });
});

test('wrong passwords are told without them, and recipients who are refused are noted', async () => {
  const { port } = await mailServer({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, callback) => {
      if (password === 'right-password') return callback(null, { user: username });
      callback(Object.assign(new Error(`no ${password} here`), { responseCode: 535 }));
    },
    onRcptTo: ({ address }, _session, callback) =>
      callback(
        address === 'ops@example.org' ? null : Object.assign(new Error('unknown'), { responseCode: 550 }),
      ),
  });
  const smtp = (password: string) => `smtp://user:${password}@127.0.0.1:${port}`;
  const bench = benchOf(
    mailTo(port, { smtp: smtp('wrong-password') }),
    mailTo(port, { id: 'ops/email/1', smtp: smtp('right-password') }),
  );
  await put(bench.stores, deliveryOf('n1', TARGET), deliveryOf('n2', 'ops/email/1'));
  await bench.run();
  expect(await bench.ids('dead')).toEqual(['n1']);
  expect((await bench.delivery('n1')).lastError).toContain('no *** here');
  expect(bench.logged.join('\n')).not.toContain('wrong-password');
  expect(await bench.ids('delivered')).toEqual(['n2']);
  const [attempt] = await bench.stores.deliveries.attempts('n2');
  expect(attempt).toMatchObject({ outcome: 'delivered', error: 'refused for second@example.org' });
});

test('a server that says nothing is left after the timeout', async () => {
  const { port } = await mailServer({ onConnect: () => undefined });
  const bench = benchOf(mailTo(port, { timeoutMs: 200 }));
  await put(bench.stores, deliveryOf('n1', TARGET));
  await bench.run();
  expect(await bench.delivery('n1')).toMatchObject({ state: 'waiting', attempts: 1 });
});
