// SPDX-License-Identifier: Apache-2.0
// A certificate that ends within 150 days: the notice after the login leads to the renewal, which leaves old keys there.
import assert from 'node:assert/strict';
import test from 'node:test';

import {inWorld} from './lib/world.mjs';

const accounts = [{username: 'praxis.nord', password: 'Initial-NORD-1', kv: '38', cn: 'TEST ONLY Praxis Nord',
                   o: 'TEST ONLY', certificateDays: 30}];
const setUp = `[
  {"as": "arzt", "invoke": "kvconnect.account.new"},
  {"submit": "check", "wait_job": true, "timeout_ms": 120000,
   "fill": {"username": {"env": "KVC_TOUR_USERNAME"}, "password": {"env": "KVC_TOUR_PASSWORD"},
            "keystore_password": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}, "display_name": "Praxiskonto",
            "keystore_password_repeat": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}}},
  {"submit": "change", "wait_job": true, "timeout_ms": 120000,
   "fill": {"new_password": {"env": "KVC_TOUR_NEW_PASSWORD"}, "new_password_repeat": {"env": "KVC_TOUR_NEW_PASSWORD"}},
   "expect": {"kind": "account.overview"}}]`;

test('the notice after the login leads to the renewal', () => inWorld('renewal', {accounts}, async (world) => {
  const nord = world.practice('nord');
  nord.write('set_up.json', setUp);
  await nord.script('set_up');

  const app = await nord.enter();
  const notice = app.notifications().filter({hasText: 'läuft bald ab'});
  await notice.waitFor();
  assert.match(await notice.innerText(), /in (29|30) Tagen/);
  await app.look('notice');
  await notice.getByText('Anzeigen', {exact: true}).click();
  await app.see('accounts');
  await app.rowAct({name: 'Praxiskonto'}, 'open', 'account.overview');
  assert.equal(await app.factCode('certificate'), 'renew');
  await app.act('renew', 'account.renew');
  await app.shows(/bleiben lesbar/);
  await app.look('question');
  await app.act('renew', 'account.overview');
  await app.shows(/Zertifikate wurden erneuert/);
  assert.match(await app.fact('generation_2'), /Wird verwendet/);
  assert.match(await app.fact('generation_1'), /Aufbewahrt/);
  await app.look('renewed');
}));
