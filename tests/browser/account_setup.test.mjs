// SPDX-License-Identifier: Apache-2.0
// The help page's first steps: somebody with the KV's letter in hand sets an account up, and a wrong password or a weak
// one is told where it was typed.
import assert from 'node:assert/strict';
import test from 'node:test';

import {inWorld} from './lib/world.mjs';

test('an account is set up with the initial password', () => inWorld('account_setup', {}, async (world) => {
  const nord = world.practice('nord');
  const {login, initial, own, keystore} = nord.passwords;

  const app = await nord.open();
  app.expectComplaint(/40[13]/);
  await app.look('login');
  await app.page.locator('input[name=user]').fill('arzt');
  await app.page.locator('input[name=password]').fill('Falsch-0');
  await app.page.locator('form:has(input[name=password]) button[type=submit]').click();
  await app.page.getByRole('alert').first().waitFor();
  await app.look('login_refused');
  await app.login('arzt', login);
  await app.look('start');

  await app.menu('kvconnect.account.new', 'account.new');
  await app.look('new');
  const form = {username: 'praxis.nord', password: 'Falsch-PASSWORT-1', keystore_password: keystore,
                keystore_password_repeat: keystore, display_name: 'Praxiskonto'};
  await app.fill(form);
  await app.act('check');
  assert.match(await app.formError(), /Username|Passwort/);
  assert.equal(await app.field('username').inputValue(), 'praxis.nord', 'what was typed stays');
  assert.equal(await app.field('password').inputValue(), '', 'a secret is never shown again');
  await app.look('new_refused');

  await app.fill({...form, password: initial});
  await app.act('check', 'account.password_change');
  await app.look('password_change');
  await app.fill({new_password: 'kurz', new_password_repeat: 'kurz'});
  await app.act('change');
  assert.match(await app.fieldError('new_password'), /Zeichen/);
  await app.look('password_refused');
  await app.fill({new_password: own, new_password_repeat: own});
  await app.act('change', 'account.overview');
  assert.equal(await app.factCode('state'), 'ready');
  assert.equal(await app.factCode('certificate'), 'valid');
  await app.look('overview');

  await app.menu('kvconnect.accounts', 'accounts');
  assert.match(await app.cell({name: 'Praxiskonto'}, 'state'), /Einsatzbereit/);
  const html = await app.page.content();
  for (const secret of [login, initial, own, keystore]) {
    assert.ok(!html.includes(secret), 'no secret stands in the page');
  }
  await app.page.locator('button[data-logout]').click();
  await app.page.locator('input[name=password]').waitFor();
}));
