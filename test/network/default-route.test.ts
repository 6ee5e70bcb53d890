import * as assert from 'uvu/assert';
import { defaultRouteOf } from '../../runtime/network/default-route.ts';
import { suite } from '../harness.ts';

const test = suite('default route');

const on = (network: string, more: object = {}) => ({ driver: 'bridge' as const, network, ...more });

test('the highest priority has it, then the first name', () => {
  assert.is(defaultRouteOf([on('b'), on('a')])?.network, 'a');
  assert.is(defaultRouteOf([on('a'), on('b', { gwPriority: 1 })])?.network, 'b');
  assert.is(defaultRouteOf([on('a', { gwPriority: -1 }), on('b')])?.network, 'b');
});

test('an internal network never has it, and no link of its own means none', () => {
  assert.is(defaultRouteOf([on('a', { internal: true, gwPriority: 9 }), on('b')])?.network, 'b');
  assert.is(defaultRouteOf([on('a', { internal: true })]), undefined);
  assert.is(defaultRouteOf([{ driver: 'host', network: 'host' }]), undefined);
  assert.is(defaultRouteOf([]), undefined);
});

test.run();
