// SPDX-License-Identifier: Apache-2.0
// The server goes away and comes back: a clear sentence, a letter that waits, and a letter that leaves later.
import assert from 'node:assert/strict';
import test from 'node:test';

import {inWorld} from './lib/world.mjs';

test('a letter waits while the server is down', () => inWorld('server_down', {}, async (world) => {
  const nord = world.practice('nord');
  const sued = world.practice('sued');
  await Promise.all([nord.script('tour_account'), sued.script('tour_account')]);
  const app = await nord.enter();
  await world.server.stop();

  await app.menu('kvconnect.fetch');
  await app.shows(/nicht erreichbar|nicht erreicht/);
  await app.look('fetch');
  await app.menu('kvconnect.compose.enachricht', 'compose.enachricht');
  await app.fill({recipient: sued.address(), subject: 'Wartet auf den Server', text: 'Grüße\nvon Nord'});
  await app.act('check', 'compose.confirm');
  assert.equal(await app.factCode('certificate'), 'network.unreachable');
  await app.look('confirm');
  await app.act('send', 'message.queued');
  await app.shows(/sicher im Postausgang/);
  await app.look('queued');
  await app.menu('kvconnect.outbox', 'outbox');
  await app.rows({state: {code: 'queued'}, subject: 'Wartet auf den Server'}).waitFor();
  await app.look('outbox');

  await world.server.start();
  await app.rowAct({subject: 'Wartet auf den Server'}, 'retry', 'message.queued');
  await app.shows(/Server hat die Nachricht angenommen/);
  await app.look('sent');
  const receiver = await sued.enter();
  await receiver.menu('kvconnect.fetch', 'fetch.summary');
  await receiver.menu('kvconnect.inbox', 'inbox');
  await receiver.rows({subject: 'Wartet auf den Server', verdict: {code: 'valid'}}).waitFor();
}));
