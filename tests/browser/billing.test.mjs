// SPDX-License-Identifier: Apache-2.0
// 1-Click-Abrechnung: the billing file goes to the KV, whose robot confirms and answers; the exchange shows it all.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {until} from './lib/process.mjs';
import {inWorld} from './lib/world.mjs';

test('a billing is confirmed and answered by the KV', () => inWorld('billing', {robots: true}, async (world) => {
  const nord = world.practice('nord', {settings: {kvca_file: 'scripts/kvca.xml'}});
  await nord.script('tour_account');
  const file = path.join(world.directory, 'quartal.con.xkm');
  const wrong = path.join(world.directory, 'quartal.txt');
  fs.writeFileSync(file, 'made up, and as unreadable as an encrypted file');
  fs.writeFileSync(wrong, 'made up');

  const app = await nord.enter();
  await app.menu('kvconnect.compose.1click', 'compose.1click');
  await app.look('form');
  await app.fill({files: wrong});
  await app.act('check');
  assert.match(await app.fieldError('files'), /quartal\.txt.*passt nicht/s);
  await app.look('wrong_file');
  await app.fill({kept_files: [], files: file});
  await app.act('check', 'compose.confirm');
  await app.shows('kv.annahme@kv-safenet.de');
  await app.look('confirm');
  await app.act('send', 'message.queued');

  const billing = {service: {code: '1ClickAbrechnung;Lieferung;V2.0'}};
  await until('the answer of the KV', async () => {
    await app.menu('kvconnect.fetch', 'fetch.summary');
    await app.menu('kvconnect.outbox', 'outbox');
    return (await app.rows({...billing, state: {code: 'answered'}}).count()) === 1;
  });
  assert.match(await app.cell(billing, 'answer'), /Rückmeldung: Ja/);
  await app.look('outbox');
  await app.rowAct(billing, 'open', 'outbox.message');
  await app.look('message');
  await app.act('thread', 'thread');
  assert.equal(await app.rows().count(), 3);
  await app.look('thread');
  await app.rowAct({service: 'Rückmeldung'}, 'open', 'inbox.message');
  await app.look('answer');
}));
