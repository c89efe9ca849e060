#!/usr/bin/env node
/**
 * A Kafka broker of one's own, for tests and for trying things out. Needs Java 17 and Maven, and nothing besides.
 *
 *     node test/services/kafka.mjs start DIR [--port N]    prints {"brokers","saslBrokers","tlsBrokers","ca","pid","dir"}
 *     node test/services/kafka.mjs stop DIR [--kill]
 *     node test/services/kafka.mjs check                   says what this machine lacks for it
 *
 * The first start fetches Kafka's Maven artifacts to `$MILLRACE_SERVICES_CACHE` (default `~/.cache/millrace`); later
 * ones take seconds. DIR keeps the broker's data and addresses: start, stop and start again is a restart. Everything
 * listens on loopback alone. `saslBrokers` wants a user: `millrace`, password `millrace-secret`, by PLAIN or SCRAM; `tlsBrokers` shows a certificate that the file `ca` vouches
 * for (absent where there is no openssl).
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const KAFKA = '4.1.0';
const USER = 'millrace';
const PASSWORD = 'millrace-secret';
const HOST = '127.0.0.1';
const START_MS = 90_000;
const STOP_MS = 30_000;

/** Starts a broker on `directory`, or again on what an earlier start left there. Resolves when it answers. */
export async function startKafka(directory, port) {
  const dir = resolve(directory);
  mkdirSync(dir, { recursive: true });
  const running = pidOf(dir);
  if (running !== undefined) throw new Error(`a broker runs on ${dir} already, process ${running}`);
  const classPath = join(artifacts(), '*');
  const config = join(dir, 'server.properties');
  if (!existsSync(join(dir, 'addresses.json'))) await format(dir, config, classPath, port);
  const addresses = JSON.parse(readFileSync(join(dir, 'addresses.json'), 'utf8'));
  const log = openSync(join(dir, 'broker.log'), 'a');
  const broker = spawn('java', [...JVM, '-cp', classPath, 'kafka.Kafka', config], {
    cwd: dir,
    detached: true,
    stdio: ['ignore', log, log],
  });
  let failure;
  broker.once('error', (error) => {
    failure = error;
  });
  broker.once('exit', (code, signal) => {
    failure = new Error(`the broker ended (${signal ?? code}): see ${join(dir, 'broker.log')}`);
  });
  writeFileSync(join(dir, 'pid'), `${broker.pid}\n`);
  const deadline = Date.now() + START_MS;
  while (!(await answers(addresses.brokers))) {
    if (failure === undefined && Date.now() > deadline) {
      broker.kill('SIGKILL');
      failure = new Error(
        `no answer from ${addresses.brokers} in ${START_MS / 1000} s: see ${dir}/broker.log`,
      );
    }
    if (failure !== undefined) throw failure;
    await sleep(100);
  }
  broker.removeAllListeners();
  broker.unref();
  return { ...addresses, pid: broker.pid, dir };
}

/** Ends the broker of `directory` and no other process; resolves when it is gone. */
export async function stopKafka(directory, { kill = false } = {}) {
  const dir = resolve(directory);
  const pid = pidOf(dir);
  if (pid === undefined) return false;
  process.kill(pid, kill ? 'SIGKILL' : 'SIGTERM');
  const deadline = Date.now() + STOP_MS;
  while (pidOf(dir) !== undefined) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await sleep(50);
  }
  rmSync(join(dir, 'pid'), { force: true });
  return true;
}

/** Throws a sentence when this machine cannot run a broker. */
export function needsOfKafka() {
  for (const [command, argument] of [
    ['java', '-version'],
    ...(existsSync(artifactsFolder()) ? [] : [['mvn', '-version']]),
  ]) {
    if (spawnSync(command, [argument], { stdio: 'ignore' }).status !== 0)
      throw new Error(`no ${command} on PATH`);
  }
}

const JVM = ['-Xms128m', '-Xmx512m', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

/** The broker's process id while it is alive and is what was started here: ids are used again. */
function pidOf(dir) {
  try {
    const pid = Number(readFileSync(join(dir, 'pid'), 'utf8'));
    const command = spawnSync('ps', ['-o', 'stat=,args=', '-p', `${pid}`], { encoding: 'utf8' }).stdout ?? '';
    return command.includes(join(dir, 'server.properties')) && !command.startsWith('Z') ? pid : undefined;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function artifactsFolder() {
  const cache = process.env.MILLRACE_SERVICES_CACHE ?? join(homedir(), '.cache', 'millrace');
  return join(cache, `kafka-${KAFKA}`);
}

/** Folder of the jars; fetched once, and whole or not at all. */
function artifacts() {
  const folder = artifactsFolder();
  if (existsSync(folder)) return folder;
  const work = `${folder}-${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    writeFileSync(join(work, 'pom.xml'), POM);
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
    const args = ['-B', '-q', goal, '-DincludeScope=runtime', '-DoutputDirectory=jars'];
    const { status, error } = spawnSync('mvn', args, { cwd: work, stdio: ['ignore', 2, 2] });
    if (status !== 0) throw error ?? new Error(`mvn could not fetch Kafka ${KAFKA} (exit code ${status})`);
    try {
      renameSync(join(work, 'jars'), folder);
    } catch (failure) {
      // Another start was faster: its jars are the same.
      if (!existsSync(folder)) throw failure;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

const dependency = (group, artifact, version) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
  <groupId>millrace</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>${dependency('org.apache.kafka', 'kafka_2.13', KAFKA)}
  ${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}</dependencies></project>
`;

async function format(dir, config, classPath, wanted) {
  const [port, saslPort, tlsPort, controllerPort] = await freePorts(4, wanted);
  const certificate = makeCertificate(dir);
  const tls = certificate === undefined ? undefined : { port: tlsPort, ...certificate };
  writeFileSync(config, properties(dir, port, saslPort, controllerPort, tls), { mode: 0o600 });
  const scram = (mechanism) => ['--add-scram', `${mechanism}=[name=${USER},password=${PASSWORD}]`];
  const args = [
    'format',
    `--cluster-id=${randomBytes(16).toString('base64url')}`,
    '-c',
    config,
    '--ignore-formatted',
  ];
  const { status, stdout, stderr, error } = spawnSync(
    'java',
    [
      ...JVM,
      '-cp',
      classPath,
      'kafka.tools.StorageTool',
      ...args,
      ...scram('SCRAM-SHA-256'),
      ...scram('SCRAM-SHA-512'),
    ],
    { cwd: dir, encoding: 'utf8' },
  );
  if (status !== 0) throw error ?? new Error(`formatting ${dir} failed:\n${stdout}${stderr}`);
  const addresses = { brokers: `${HOST}:${port}`, saslBrokers: `${HOST}:${saslPort}`, ...tlsAddress(tls) };
  writeFileSync(join(dir, 'addresses.json'), JSON.stringify(addresses));
}

const tlsAddress = (tls) => (tls === undefined ? {} : { tlsBrokers: `${HOST}:${tls.port}`, ca: tls.file });

/** A self-made certificate of this address and its key, as Kafka's configuration wants them. */
function makeCertificate(dir) {
  const [key, file] = [join(dir, 'key.pem'), join(dir, 'ca.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', `subjectAltName=IP:${HOST},DNS:localhost`];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '365',
    '-keyout',
    key,
    '-out',
    file,
  ];
  if (spawnSync('openssl', [...args, ...subject], { stdio: 'ignore' }).status !== 0) return undefined;
  const inline = (path) => readFileSync(path, 'utf8').trim().replaceAll('\n', '\\n');
  return {
    file,
    settings: `ssl.keystore.key=${inline(key)}\nssl.keystore.certificate.chain=${inline(file)}\n`,
  };
}

function properties(dir, port, saslPort, controllerPort, tls) {
  const jaas = `org.apache.kafka.common.security`;
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${HOST}:${controllerPort}
listeners=PLAIN://${HOST}:${port},SASL://${HOST}:${saslPort},${tls ? `TLS://${HOST}:${tls.port},` : ''}CONTROLLER://${HOST}:${controllerPort}
listener.security.protocol.map=PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAIN
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config=${jaas}.plain.PlainLoginModule required user_${USER}="${PASSWORD}";
listener.name.sasl.scram-sha-256.sasl.jaas.config=${jaas}.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config=${jaas}.scram.ScramLoginModule required;
log.dirs=${join(dir, 'data')}
auto.create.topics.enable=false
num.partitions=1
offsets.topic.num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
${tls ? `ssl.keystore.type=PEM\n${tls.settings}` : ''}`;
}

/** As many free ports of loopback; the first is `wanted` if that is given. */
async function freePorts(count, wanted) {
  const servers = Array.from({ length: count }, (_, at) =>
    createServer().listen(at === 0 ? (wanted ?? 0) : 0, HOST),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** Whether the broker lists itself: a Metadata request (version 0) for no topic in particular. */
function answers(address) {
  return new Promise((done) => {
    const [host, port] = address.split(':');
    const socket = connect(Number(port), host);
    const end = (answer) => {
      socket.destroy();
      done(answer);
    };
    let received = Buffer.alloc(0);
    socket.setTimeout(2_000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => done(false));
    socket.on('connect', () => {
      const request = Buffer.alloc(18);
      request.writeInt32BE(14, 0);
      request.writeInt16BE(3, 4); // Metadata; its version and the correlation id are 0
      request.writeInt16BE(-1, 12); // no client id; no topics follow
      socket.write(request);
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 12) end(received.readInt32BE(8) > 0);
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [action, directory, option, value] = process.argv.slice(2);
  if (action !== 'check' && (directory === undefined || (action !== 'start' && action !== 'stop'))) {
    process.stderr.write('usage: kafka.mjs start DIR [--port N] | stop DIR [--kill] | check\n');
    process.exit(2);
  }
  try {
    if (action === 'check') needsOfKafka();
    else if (action === 'stop') await stopKafka(directory, { kill: option === '--kill' });
    else {
      const port = option === '--port' ? Number(value) : undefined;
      process.stdout.write(`${JSON.stringify(await startKafka(directory, port))}\n`);
    }
  } catch (error) {
    process.stderr.write(`kafka.mjs: ${error.message}\n`);
    process.exitCode = 1;
  }
}
