// SPDX-License-Identifier: Apache-2.0
// The screen is locked and unlocked again: nothing is to be seen in between, nobody else comes in, and one is where one was.
import assert from 'node:assert/strict';
import test from 'node:test';

import {inWorld} from './lib/world.mjs';

test('one comes back to where one was', () => inWorld('lock', {}, async (world) => {
  const nord = world.practice('nord');
  await nord.script('tour_account');
  const app = await nord.enter();
  await app.selectPatient('p1');
  await app.menu('kvconnect.inbox', 'inbox');
  await app.page.locator('button[data-lock]').click();
  await app.page.locator('input[name=password]').waitFor();
  assert.doesNotMatch(await app.page.locator('body').innerText(), /Erika Muster|Posteingang|praxis\.nord/);
  await app.look('locked');
  await app.page.goBack().catch(() => {});
  assert.doesNotMatch(await app.page.locator('body').innerText(), /Erika Muster|praxis\.nord/);
  await app.page.goto(nord.url);

  app.expectComplaint(/40[13]/);
  await app.page.locator('input[name=password]').fill('Falsch-0');
  await app.page.locator('form:has(input[name=password]) button[type=submit]').click();
  await app.page.getByRole('alert').first().waitFor();
  await app.page.locator('input[name=password]').fill(nord.passwords.login);
  await app.page.locator('form:has(input[name=password]) button[type=submit]').click();
  await app.ready();
  await app.see('inbox');
  await app.page.reload();
  await app.ready();
  await app.see('inbox');

  // The session of a window ends with its log out, that of another window does not.
  const other = await nord.enter('mfa');
  await app.page.locator('button[data-logout]').click();
  await app.page.locator('input[name=user]').waitFor();
  await other.menu('kvconnect.inbox', 'inbox');
  await other.look('other');
}));
