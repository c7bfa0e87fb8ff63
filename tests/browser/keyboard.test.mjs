// SPDX-License-Identifier: Apache-2.0
// Without a mouse: log in, find the menu entry as the help page says (#b benutzer), fill in a form, read its errors.
import assert from 'node:assert/strict';
import test from 'node:test';

import {inWorld} from './lib/world.mjs';

/** Tab until the element has the focus, and that the focus can be seen. */
async function tabTo(app, selector) {
  for (let i = 0; i < 80; ++i) {
    await app.page.keyboard.press('Tab');
    const there = await app.page.evaluate((wanted) => {
      const element = document.activeElement;
      if (!element?.matches(wanted)) {
        return null;
      }
      const style = getComputedStyle(element);
      return {visible: style.outlineStyle !== 'none' || style.boxShadow !== 'none'};
    }, selector);
    if (there) {
      assert.ok(there.visible, `the focus on ${selector} can be seen`);
      return;
    }
  }
  assert.fail(`Tab does not come to ${selector}`);
}

/** From the search field down the list to an entry, and into it. */
async function chooseEntry(app, command) {
  const there = () => app.page.evaluate(() => document.activeElement?.dataset.command);
  for (let i = 0; i < 20 && (await there()) !== command; ++i) {
    await app.page.keyboard.press('ArrowDown');
  }
  assert.equal(await there(), command);
  await app.page.keyboard.press('Enter');
}

test('everything can be done with the keyboard', () => inWorld('keyboard', {}, async (world) => {
  const nord = world.practice('nord');
  const app = await nord.open();
  const {keyboard} = app.page;
  if (!(await app.page.evaluate(() => document.activeElement?.matches('input[name=user]')))) {
    await tabTo(app, 'input[name=user]');
  }
  await keyboard.type('arzt');
  await tabTo(app, 'input[name=password]');
  await keyboard.type(nord.passwords.login);
  await keyboard.press('Enter');
  await app.ready();

  await keyboard.press('Control+k');
  await keyboard.type('#b benutzer');
  await app.page.locator('nav[data-menu] [data-command="kvconnect.inbox"]').waitFor({state: 'hidden'});
  await app.look('search');
  await chooseEntry(app, 'kvconnect.accounts');
  await app.see('accounts');

  await keyboard.press('Control+k');
  await keyboard.press('Control+a');
  await keyboard.type('neues');
  await app.page.locator('nav[data-menu] [data-command="kvconnect.accounts"]').waitFor({state: 'hidden'});
  await app.page.locator('nav[data-menu] [data-command="kvconnect.account.new"]').waitFor();
  await keyboard.press('Enter');
  await app.see('account.new');
  const focused = await app.page.evaluate(() => document.activeElement?.closest('main') !== null);
  assert.ok(focused, 'the focus is in the new view');
  await tabTo(app, 'main input[name=username]');
  await keyboard.type('praxis.nord');
  await tabTo(app, 'main input[name=password]');
  await keyboard.type(nord.passwords.initial);
  await keyboard.press('Enter');
  await app.main.locator('[data-field-error], [data-form-error]').first().waitFor();
  await app.settled();
  // The focus goes to what is wrong, so that a screen reader says it.
  await app.page.waitForFunction(() => document.activeElement?.matches('main [aria-invalid=true], main [data-form-error]'));
  await app.look('errors');
  for (const name of ['keystore_password', 'keystore_password_repeat']) {
    await app.field(name).focus();
    await keyboard.type(nord.passwords.keystore);
  }
  await app.field('password').focus();
  await keyboard.type(nord.passwords.initial);
  await keyboard.press('Enter');
  await app.see('account.password_change');
  await tabTo(app, 'main input[name=new_password]');
  await keyboard.type(nord.passwords.own);
  await tabTo(app, 'main input[name=new_password_repeat]');
  await keyboard.type(nord.passwords.own);
  await keyboard.press('Enter');
  await app.see('account.overview');
  await tabTo(app, 'main button[data-action=assign]');
  await keyboard.press('Enter');
  await app.see('account.assign');
  await tabTo(app, 'main input[name=users][value=mfa]');
  await keyboard.press('Space');
  await tabTo(app, 'main button[data-action=save]');
  await keyboard.press('Enter');
  await app.see('account.overview');
  assert.match(await app.fact('users'), /Mia Muster/);
}));
