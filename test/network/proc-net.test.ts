import * as assert from 'uvu/assert';
import { linksOf, neighboursOf, routesOf } from '../../runtime/network/sandbox/proc-net.ts';
import { suite } from '../harness.ts';

const test = suite('/proc/PID/net');

const links = linksOf('Inter-| Receive\n face |bytes\n    lo: 0 0\n  eth0:1016 12\n');

test('each link has its index and its name', () => {
  assert.equal(
    links.map(({ index, name }) => `${index} ${name}`),
    ['1 lo', '2 eth0'],
  );
});

test('routes are read from hexadecimal', () => {
  const text = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t01001EAC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t00001EAC\t00000000\t0001\t0\t0\t7\t0000FFFF\t0\t0\t0
`;
  assert.equal(routesOf(text, links), [
    { to: '0.0.0.0', prefix: 0, gateway: '172.30.0.1', oif: 2, table: 254, metric: 0 },
    { to: '172.30.0.0', prefix: 16, oif: 2, table: 254, metric: 7 },
  ]);
});

test('neighbours that did not answer are told apart', () => {
  const text = `IP address       HW type     Flags       HW address            Mask     Device
172.30.0.1       0x1         0x2         02:42:ac:1e:00:01     *        eth0
172.30.0.9       0x1         0x0         00:00:00:00:00:00     *        eth0
`;
  assert.equal(
    neighboursOf(text, links).map(({ address, mac, state }) => [address, mac, state]),
    [
      ['172.30.0.1', '02:42:ac:1e:00:01', 'complete'],
      ['172.30.0.9', '00:00:00:00:00:00', 'incomplete'],
    ],
  );
});

test('what is not there is empty', () => {
  assert.equal([linksOf(''), routesOf('', links), neighboursOf('', links)], [[], [], []]);
});

test.run();
