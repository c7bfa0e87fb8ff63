// SPDX-License-Identifier: Apache-2.0
// Two people of one practice, each in a browser of their own: the doctor gives the account to the assistant, and takes it
// away again.
import assert from 'node:assert/strict';
import test from 'node:test';

import {inWorld} from './lib/world.mjs';

test('an account is assigned to a second user and taken away', () => inWorld('assignment', {}, async (world) => {
  const nord = world.practice('nord');
  await nord.script('tour_account');
  const doctor = await nord.enter('arzt');
  const assistant = await nord.enter('mfa');

  await assistant.menu('kvconnect.accounts', 'accounts');
  assert.equal(await assistant.rows().count(), 0);
  await assistant.look('nothing');

  await doctor.menu('kvconnect.accounts', 'accounts');
  await doctor.rowAct({name: 'Praxiskonto'}, 'open', 'account.overview');
  await doctor.act('assign', 'account.assign');
  await doctor.look('form');
  await doctor.fill({users: []});
  await doctor.act('save');
  assert.match(await doctor.fieldError('users'), /Mindestens ein Benutzer/);
  await doctor.fill({users: ['arzt', 'mfa']});
  await doctor.act('save', 'account.overview');
  assert.match(await doctor.fact('users'), /Mia Muster/);

  await assistant.menu('kvconnect.accounts', 'accounts');
  await assistant.rows({name: 'Praxiskonto'}).waitFor();
  await assistant.menu('kvconnect.inbox', 'inbox');

  await doctor.act('assign', 'account.assign');
  await doctor.fill({users: ['arzt']});
  await doctor.act('save', 'account.overview');
  await assistant.menu('kvconnect.accounts', 'accounts');
  assert.equal(await assistant.rows().count(), 0);
}));
