/** The status page in a real browser, on the real product: what a device publishes is seen, and trouble too. */
import { connectAsync, type MqttClient } from 'mqtt';
import { type Browser, chromium, type Page } from 'playwright-core';
import { poll } from '../support/poll.js';
import { type Product, startProduct } from '../support/product.js';
import { commandOnPath, requireService } from '../support/services.js';

const describeChromium = await requireService('chromium', () => commandOnPath('chromium'));

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A device id that would do harm if it ever became markup. */
const HOSTILE = '<img src=x onerror="document.title=1">';
const hot = () => JSON.stringify({ ts: Date.now(), temperature: 85, humidity: 40, battery: 3.7 });

describeChromium('status page', () => {
  let browser: Browser;
  let product: Product;
  let client: MqttClient;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    [browser, product] = await Promise.all([
      chromium.launch({ executablePath: commandOnPath('chromium'), args: ARGUMENTS }),
      startProduct(),
    ]);
    client = await connectAsync(product.mqttUrl);
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(product.httpUrl);
  }, 60_000);

  afterAll(async () => {
    await client?.endAsync(true);
    await browser?.close();
    await product?.stop();
  });

  const textOf = (id: string) => page.locator(`#${id}`).textContent();
  const see = (id: string, text: string) =>
    poll(async () => (await textOf(id))?.includes(text), { what: `'${text}' in #${id}`, timeoutMs: 20_000 });

  test('an empty deployment says what to do, and its books balance', async () => {
    await see('connection', 'live');
    await see('books', 'books balanced');
    await see('welcome', 'mosquitto_pub');
    await see('alerts', 'No alert has fired.');
  }, 30_000);

  test('a hot device appears with its values, its window and its alert', async () => {
    await client.publishAsync('devices/dev-1/telemetry', hot(), { qos: 1 });
    await see('devices', 'dev-1');
    await see('devices', 'temperature 85');
    await see('windows', 'dev-1');
    await see('alerts', 'HighTemperature');
    await see('alert-counts', '1 firing');
    await see('books', 'books balanced');
    expect(await page.locator('#welcome').isHidden()).toBe(true);
    await see('announcer', 'HighTemperature is firing on dev-1');
  }, 60_000);

  test('an alert is acknowledged and silenced from the page; whoever is at a button stays there', async () => {
    const button = (act: string) => page.locator(`#alerts button[data-act=${act}]`).first();
    await button('acknowledge').click();
    await page.fill('#act-author', 'Zoë');
    await page.fill('#act-text', 'on my way');
    await page.keyboard.press('Enter');
    await see('alerts', 'by Zoë');
    await see('announcer', 'Acknowledged.');

    await button('silence').focus();
    await client.publishAsync('devices/dev-1/telemetry', hot(), { qos: 1 });
    await client.publishAsync('devices/dev-9/telemetry', hot(), { qos: 1 });
    await see('alerts', 'dev-9');
    expect(await page.evaluate('document.activeElement.dataset.act')).toBe('silence');

    await page.keyboard.press('Enter');
    // The name is remembered; a reason has to be given.
    expect(await page.inputValue('#act-author')).toBe('Zoë');
    await page.click('#act-submit');
    expect(await page.locator('#act').isVisible()).toBe(true);
    await page.fill('#act-text', 'the door is being repaired');
    await page.selectOption('#act-scope', 'device');
    await page.click('#act-submit');
    await see('alerts', 'silenced');
    await see('silences', '{deviceId="dev-1"}');

    await page.click('#silences button[data-act=expire]');
    await page.click('#act-submit');
    await poll(() => page.locator('#silences-section').isHidden(), { what: 'no silence', timeoutMs: 10_000 });
    expect(await page.locator('#targets-section').isHidden()).toBe(true);
  }, 60_000);

  test('what is refused shows with its reason, and nothing that a device sends becomes markup', async () => {
    await client.publishAsync(`devices/${HOSTILE}/telemetry`, hot(), { qos: 1 });
    await client.publishAsync('devices/dev-2/telemetry', '<script>document.title=1</script>', { qos: 1 });
    await see('quarantine', 'dev-2');
    await see('quarantine', '<script>');
    await see('books', 'books balanced');
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).toBe('Millrace');
    expect(complaints).toEqual([]);
  }, 60_000);

  test('late events, corrections, a clock that runs ahead and gaps are marked', async () => {
    // From the beginning of a window on, so that two events can lie in the same one.
    const now = Math.floor(Date.now() / 10_000) * 10_000;
    const send = (seq: number, seconds: number) =>
      client.publishAsync(
        'devices/dev-3/telemetry',
        JSON.stringify({ ts: now + seconds * 1000, seq, temperature: 20, humidity: 40, battery: 3.7 }),
        { qos: 1 },
      );
    await send(0, -400);
    await send(1, -40);
    await send(2, -20);
    await send(3, -38);
    await see('windows', '1 correction');
    await send(4, -300);
    await see('late', 'dev-3');
    await see('late', 'device');
    await send(1000, 3600);
    await see('devices', 'ahead');
    await see('devices', 'lost');
    await see('books', 'books balanced');
  }, 60_000);

  test('it survives a restart of the backend, and says so meanwhile', async () => {
    const { port } = new URL(product.httpUrl);
    await client.endAsync(true);
    await product.kill9();
    await see('connection', 'reconnecting');
    product = await startProduct({ dataDir: product.dataDir, env: { MILLRACE_HTTP_PORT: port } });
    await see('connection', 'live');
    await see('devices', 'dev-1');
    await see('books', 'books balanced');
  }, 60_000);
});
