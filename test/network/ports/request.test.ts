import * as assert from 'uvu/assert';
import { ApiError } from '../../../runtime/errors/api-error.ts';
import type { HostConfig } from '../../../runtime/request/container-request.ts';
import { showPort } from '../../../runtime/network/port.ts';
import { checkPorts, exposedPorts, portRequests } from '../../../runtime/network/ports/request.ts';
import { sockaddr } from '../../../runtime/network/ports/sockaddr.ts';
import { exposed, published } from '../../../runtime/network/ports/specification.ts';
import { suite } from '../../harness.ts';

const test = suite('requested ports');

type Bindings = NonNullable<HostConfig['PortBindings']>;
const requests = (PortBindings: Bindings, more: Partial<HostConfig> = {}, ExposedPorts: Record<string, object> = {}) =>
  portRequests({ request: { ExposedPorts, HostConfig: { PortBindings, ...more } } }).map(
    (one) => `${one.hostIp}:${one.first}-${one.last}:${showPort(one)}`,
  );

test('named ports come before ranges, ranges before free ones', () => {
  assert.equal(
    requests({
      '1/tcp': [{ HostPort: '' }],
      '2/tcp': [{ HostPort: '8000-8010' }],
      '3/udp': [{ HostIp: '::1', HostPort: '9000' }, {}],
      '4': [{ HostPort: '0' }],
      '5/tcp': null,
    }),
    ['::1:9000-9000:3/udp', ':8000-8010:2/tcp', ':0-0:1/tcp', ':0-0:3/udp', ':0-0:4/tcp'],
  );
});

test('--publish-all takes every exposed port that is not published otherwise, also those of the image', () => {
  const PublishAllPorts = true;
  assert.equal(requests({ '80/tcp': [{ HostPort: '8080' }] }, { PublishAllPorts }, { '80/tcp': {}, '53/udp': {} }), [
    ':8080-8080:80/tcp',
    ':0-0:53/udp',
  ]);
  const image = { config: { config: { ExposedPorts: { '443/tcp': {} } } } };
  const container = { request: { HostConfig: { PublishAllPorts } }, image };
  assert.equal(portRequests(container).map(showPort), ['443/tcp']);
  assert.equal(exposedPorts({ ...container, request: { ExposedPorts: { '80': {} }, HostConfig: {} } }).map(showPort), [
    '80/tcp',
    '443/tcp',
  ]);
});

test('what is no port is refused by create', () => {
  const words = (PortBindings: unknown, ExposedPorts = {}) => {
    try {
      checkPorts({ ExposedPorts, HostConfig: { PortBindings: PortBindings as object } });
      return undefined;
    } catch (error) {
      return error instanceof ApiError ? `${error.status} ${error.message}` : String(error);
    }
  };
  assert.is(words({ '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '1-65535' }] }), undefined);
  assert.is(words({ '99999/tcp': [] }), '400 invalid port specification: "99999"');
  assert.is(words({ '80/icmp': [] }), '400 invalid proto: icmp');
  assert.is(words({ '80/tcp': [{ HostPort: '9-8' }] }), '400 invalid port specification: "9-8"');
  assert.is(words({ '80/tcp': [{ HostPort: '-1' }] }), '400 invalid port specification: "-1"');
  assert.is(words({ '80/tcp': [{ HostIp: 'localhost' }] }), '400 invalid IP address: localhost');
  assert.match(words({ '80/tcp': [{ HostPort: 8080 }] })!, '400 invalid HostConfig.PortBindings');
  assert.match(words({ '80/tcp': 'x' })!, '400 invalid HostConfig.PortBindings');
  assert.match(words({ '80/tcp': [null] })!, '400 invalid HostConfig.PortBindings');
  assert.match(words({}, { x: {} })!, '400 invalid port specification: "x"');
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, j) => [`${j + 1}/tcp`, [{}]]));
  assert.is(words(many), '400 5000 published ports: a container can have at most 4096');
});

test("--publish reads what docker's client reads", () => {
  const all = (text: string) => published(text).map(({ key, HostIp, HostPort }) => `${HostIp}|${HostPort}|${key}`);
  assert.equal(all('80'), ['||80/tcp']);
  assert.equal(all('8080:80/udp'), ['|8080|80/udp']);
  assert.equal(all('127.0.0.1::80'), ['127.0.0.1||80/tcp']);
  assert.equal(all('[::1]:8080:80'), ['::1|8080|80/tcp']);
  assert.equal(all('8080-8082:80'), ['|8080-8082|80/tcp']);
  assert.equal(all('8080-8081:80-81'), ['|8080|80/tcp', '|8081|81/tcp']);
  assert.equal(exposed('80-81/SCTP'), ['80/sctp', '81/sctp']);
  for (const [text, words] of [
    ['', 'no port specified'],
    ['80:', 'no port specified'],
    ['x:80', 'invalid hostPort: x'],
    ['80:99999', 'invalid containerPort: 99999'],
    ['1.2.3:80:80', 'invalid IP address: 1.2.3'],
    ['80/icmp', 'invalid proto: icmp'],
    ['1-3:80-81', 'invalid ranges specified'],
    ['81-80:80', 'invalid range format for hostPort: 81-80'],
  ] as const)
    assert.throws(() => published(text), new RegExp(words), text);
});

test('addresses are written as bind(2) takes them', () => {
  assert.is(sockaddr('127.0.0.1', 8080).toString('hex'), '02001f907f0000010000000000000000');
  assert.is(
    sockaddr('2001:db8::1', 80).toString('hex'),
    `0a000050${'00'.repeat(4)}20010db8000000000000000000000001${'00'.repeat(4)}`,
  );
});

test.run();
