// What a newcomer sees before the first event: a line to paste.
import { setText } from './dom.mjs';

const DEFAULT_MQTT_PORT = 1883;
const EVENT = `{"ts":'$(date +%s000)',"temperature":85,"humidity":40,"battery":3.7}`;

const copy = document.getElementById('copy');
// The clipboard exists in secure contexts only; localhost is one.
copy.hidden = navigator.clipboard === undefined;
copy.addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(document.getElementById('paste').textContent);
    copy.textContent = 'Copied';
  } catch {
    copy.textContent = 'Select and copy';
  }
});

export function showWelcome({ total, mqttPort }) {
  document.getElementById('welcome').hidden = total.acknowledged + total.received > 0;
  const host = location.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = mqttPort ?? DEFAULT_MQTT_PORT;
  document.getElementById('port-note').hidden = mqttPort !== null;
  setText(
    document.getElementById('paste'),
    `mosquitto_pub -h ${host} -p ${port} -q 1 -t devices/dev-1/telemetry -m '${EVENT}'`,
  );
  setText(
    document.getElementById('paste-http'),
    `curl -d '${EVENT}' ${location.origin}/devices/dev-1/telemetry`,
  );
}
