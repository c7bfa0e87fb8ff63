// SPDX-License-Identifier: Apache-2.0
// A letter from practice to practice: released in the patient's record, checked, sent, fetched, judged, handed over to
// the other practice's record, and confirmed.
import assert from 'node:assert/strict';
import test from 'node:test';

import {inWorld} from './lib/world.mjs';

test('an eArztbrief goes from record to record', () => inWorld('earztbrief', {}, async (world) => {
  const nord = world.practice('nord');
  const sued = world.practice('sued');
  await Promise.all([nord.script('tour_account'), sued.script('tour_account')]);

  const sender = await nord.enter();
  await sender.selectPatient('p1');
  await sender.look('patient');
  await sender.panel.getByRole('button', {name: /Versand freigeben/}).first().click();
  await sender.see('compose.earztbrief');
  await sender.shows(/Erika Muster/);
  await sender.fill({recipient: 'keine adresse'});
  await sender.act('check');
  assert.match(await sender.fieldError('recipient'), /Adresse/);
  await sender.look('refused');
  await sender.fill({recipient: sued.address()});
  await sender.act('check', 'compose.confirm');
  assert.equal(await sender.factCode('certificate'), 'good');
  await sender.look('confirm');
  await sender.act('back', 'compose.earztbrief');
  assert.equal(await sender.field('recipient').inputValue(), sued.address());
  await sender.act('check', 'compose.confirm');
  await sender.act('send', 'message.queued');
  await sender.look('sent');

  const receiver = await sued.enter();
  await receiver.menu('kvconnect.fetch', 'fetch.summary');
  await receiver.look('fetched');
  await receiver.menu('kvconnect.inbox', 'inbox');
  await receiver.look('inbox');
  assert.match(await receiver.cell({service: 'eArztbrief'}, 'verdict'), /Gültig/);
  await receiver.selectPatient('p1');
  await receiver.rowAct({service: 'eArztbrief'}, 'open', 'inbox.message');
  assert.equal(await receiver.factCode('verdict'), 'valid');
  await receiver.look('message');
  const pdf = receiver.part('Arztbrief.pdf');
  await pdf.locator('button[data-action=save]').click();
  await receiver.see('file.saved');
  const saved = await receiver.download(receiver.page.locator('a[data-download]').first());
  assert.equal(saved.bytes.subarray(0, 5).toString(), '%PDF-');
  await receiver.close();
  await receiver.see('inbox.message');
  await receiver.act('deliver', 'inbox.deliver');
  await receiver.look('deliver');
  await receiver.act('deliver', 'inbox.delivered');
  await receiver.panel.getByText(/Arztbrief/).first().waitFor();
  await receiver.look('delivered');

  await sender.menu('kvconnect.fetch', 'fetch.summary');
  await sender.menu('kvconnect.outbox', 'outbox');
  await sender.rows({state: {code: 'delivered'}}).waitFor();
  await sender.look('confirmed');
}));
