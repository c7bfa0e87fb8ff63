// SPDX-License-Identifier: Apache-2.0
// A browser without JavaScript: every form is a form, every link a link. Work goes on, with a new page each time.
import assert from 'node:assert/strict';
import test from 'node:test';

import {until} from './lib/process.mjs';
import {inWorld} from './lib/world.mjs';

/** Nothing comes by itself: the page is asked again until the view is there. */
async function reach(page, view) {
  await until(view, async () => {
    if ((await page.locator(`main[data-view-name="${view}"]`).count()) === 1) {
      return true;
    }
    await page.goto(new URL('/', page.url()).href);
    return false;
  });
}

test('the page works without JavaScript', () => inWorld('no_script', {}, async (world) => {
  const nord = world.practice('nord');
  await nord.script('tour_account');
  const {page} = await nord.open({javaScriptEnabled: false});
  await page.locator('input[name=user]').fill('arzt');
  await page.locator('input[name=password]').fill(nord.passwords.login);
  await page.locator('form:has(input[name=password]) button[type=submit]').click();

  await page.locator('input[name=menu-search]').fill('#b benutzer');
  await page.locator('input[name=menu-search]').press('Enter');
  await page.locator('nav[data-menu] [data-command="kvconnect.accounts"]').click();
  await reach(page, 'accounts');
  await page.locator('tr[data-row-id] button[data-action=open]').click();
  await reach(page, 'account.overview');
  await page.locator('main details[data-more] summary').click();
  await page.locator('main button[data-action=edit]').first().click();
  await reach(page, 'account.edit');
  await page.locator('input[name=display_name]').fill('Ohne Skript');
  await page.locator('main form button[data-action]').first().click();
  await reach(page, 'account.overview');
  assert.match(await page.locator('[data-fact=display_name]').innerText(), /Ohne Skript/);

  await page.locator('select[name=patient]').selectOption('p1');
  await page.locator('button[data-patient-take]').click();
  await page.locator('[data-patient]').waitFor();
  await page.locator('button[data-release]').first().click();
  await reach(page, 'compose.earztbrief');
  await page.locator('button[data-logout]').click();
  await page.locator('input[name=user]').waitFor();
}));
