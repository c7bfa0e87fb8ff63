// SPDX-License-Identifier: Apache-2.0
// Writing a letter with the help of the address book: suggestions while typing, by keys and by pointer; chosen files by
// name; rows looked for while typing; folded buttons by keys; what is typed stays. And the page on narrow windows, and without its server.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';

import * as places from './lib/places.mjs';
import {inWorld} from './lib/world.mjs';

const book = ['Anna', 'Bernd', 'Carla'].map((name) => ({
  username: `${name.toLowerCase()}.test`, password: 'Initial-X-1', kv: '38', cn: `TEST ONLY Dr. ${name} Mustermann`, o: 'TEST ONLY'}));
const accounts = [{username: 'praxis.nord', password: 'Initial-NORD-1', kv: '38', cn: 'TEST ONLY Nord', o: 'TEST ONLY'}, ...book];

async function suggestions(app) {
  const field = app.field('recipient');
  const options = app.main.locator('#suggestions [role=option]');
  await field.click();
  await app.page.keyboard.type('must');
  await options.first().waitFor();
  assert.equal(await field.getAttribute('aria-expanded'), 'true');
  assert.equal(await options.count(), 3);
  await app.look('suggestions');
  await app.page.keyboard.press('ArrowDown');
  const active = await field.getAttribute('aria-activedescendant');
  const chosen = app.page.locator(`#${active}`);
  assert.equal(await chosen.getAttribute('aria-selected'), 'true');
  const address = await chosen.getAttribute('data-value');
  await app.page.keyboard.press('Enter');
  await options.first().waitFor({state: 'detached'});
  assert.equal(await field.inputValue(), address, 'Enter takes the suggestion and sends nothing');
  assert.equal(await app.main.getAttribute('data-view-name'), 'compose.enachricht');

  await field.fill('');
  await app.page.keyboard.type('carla');
  await options.filter({hasText: 'Carla'}).click();
  assert.match(await field.inputValue(), /^carla\.test@/);

  await field.fill('');
  await app.page.keyboard.type('bernd');
  await options.first().waitFor();
  await app.page.keyboard.press('Escape');
  await options.first().waitFor({state: 'detached'});
  assert.equal(await field.inputValue(), 'bernd', 'Escape leaves what was typed');
}

async function files(app) {
  const names = app.main.locator('[data-file-names]').first();
  assert.match(await names.innerText(), /Keine Datei/);
  await app.fill({attachments: [path.join(places.scripts, 'befund.txt')]});
  assert.equal(await names.innerText(), 'befund.txt');
}

async function rowsWhileTyping(app) {
  await app.menu('kvconnect.addressbook', 'addressbook');
  await app.fill({search: 'test'});
  await app.act('search', 'addressbook.results');
  const search = app.main.locator('#table-search');
  const before = await app.rows().count();
  await search.fill('carla');
  await app.main.locator('tr[data-row-id]').nth(1).waitFor({state: 'detached'});
  await app.settled();
  assert.ok(before > 1 && await app.rows().count() === 1, 'one of several is left');
  assert.equal(await app.main.locator('#table-search').inputValue(), 'carla');
  assert.ok(await app.page.evaluate(() => document.activeElement?.id === 'table-search'), 'typing goes on in the field');
  await app.look('results');

  // The folded buttons of the row: open, leave, open again.
  const fold = app.rows().first().locator('details[data-more]');
  await fold.locator('summary').focus();
  await app.page.keyboard.press('Enter');
  await fold.locator('button').first().waitFor();
  await app.look('folded');
  await app.page.keyboard.press('Escape');
  await fold.locator('button').first().waitFor({state: 'hidden'});
  assert.ok(await fold.locator('summary').evaluate((element) => element === document.activeElement));
  await app.page.keyboard.press('Space');
  await fold.locator('button').first().waitFor();
  await app.page.locator('h1').click();
  await fold.locator('button').first().waitFor({state: 'hidden'});
}

async function narrow(app) {
  for (const width of [1024, 800, 390]) {
    await app.page.setViewportSize({width, height: 800});
    for (const [command, view] of [['kvconnect.addressbook', 'addressbook'], ['kvconnect.accounts', 'accounts'], ['kvconnect.inbox', 'inbox'],
                                   ['kvconnect.outbox', 'outbox'], ['kvconnect.compose.enachricht', 'compose.enachricht']]) {
      await app.menu(command, view);
      const wide = await app.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${view} at ${width} is ${wide} pixels wider than the window`);
    }
    await app.menu('kvconnect.accounts', 'accounts');
    await app.look(`narrow_${width}`);
  }
  await app.page.setViewportSize({width: 1280, height: 900});
}

/** What is typed stays when something beside it is done, and does not go without a question. */
async function typedStays(app) {
  const asked = [];
  app.page.on('dialog', (dialog) => asked.push(dialog.message()));
  const text = 'Sehr geehrte Kollegin, ein langer Brief';
  await app.menu('kvconnect.compose.enachricht', 'compose.enachricht');
  await app.fill({text});
  await app.selectPatient('p1');
  assert.equal(await app.field('text').inputValue(), text, 'another patient was chosen beside it');
  assert.equal(asked.length, 0);
  // A form that was refused, and one whose confirmation is in front, hold what is nowhere else.
  await app.act('check', 'compose.enachricht');
  await app.main.locator('[data-field-error], [data-form-error]').first().waitFor();
  await app.menu('kvconnect.inbox', 'inbox');
  assert.match(asked.join(), /Eingaben.*Verwerfen/);
  await app.menu('kvconnect.outbox', 'outbox');
  assert.equal(asked.length, 1, 'there is nothing to lose any more');
}

/** No way out of a letter takes it along unasked: its own button, locking, logging out, loading the page again. */
async function everyWayOutAsks(app, address) {
  let asked = '';
  const refuse = (dialog) => {
    asked += `${dialog.type()} `;
    return dialog.dismiss();
  };
  app.page.removeAllListeners('dialog');
  app.page.on('dialog', refuse);
  await app.menu('kvconnect.compose.enachricht', 'compose.enachricht');
  await app.field('text').click();
  await app.page.keyboard.type('Ein Brief');
  await app.main.locator('button[data-closes]').click();
  await app.page.locator('form[action="/lock"] button').click();
  await app.page.locator('form[action="/logout"] button').click();
  assert.equal(asked, 'confirm confirm confirm ');
  await app.page.evaluate(() => location.reload());
  await app.page.waitForTimeout(500);
  assert.match(asked, /beforeunload/);
  assert.equal(await app.field('text').inputValue(), 'Ein Brief');
  // Submitted, and still nowhere else: back from the confirmation, and after a reload.
  await app.fill({recipient: address, subject: 'Rückweg'});
  await app.act('check', 'compose.confirm');
  await app.act('back', 'compose.enachricht');
  asked = '';
  await app.menu('kvconnect.inbox');
  await app.settled();
  assert.equal(asked, 'confirm ');
  assert.equal(await app.main.getAttribute('data-view-name'), 'compose.enachricht');
  app.page.off('dialog', refuse);
  app.page.on('dialog', (dialog) => dialog.accept());
  await app.main.locator('button[data-closes]').click();
  await app.settled();
  assert.notEqual(await app.main.getAttribute('data-view-name'), 'compose.enachricht');
}

/** Another tab of the same login goes on; the letter in this one stays to be copied. */
async function secondTab(app) {
  await app.menu('kvconnect.compose.enachricht', 'compose.enachricht');
  await app.field('text').fill('Steht nur hier');
  const other = await app.page.context().newPage();
  await other.goto(app.page.url());
  await other.locator('[data-command="kvconnect.inbox"]').first().click();
  await other.locator('main[data-view-name=inbox]').waitFor();
  await other.close();
  await app.main.locator('button[data-action=check]').click();
  await app.page.locator('.lost').filter({hasText: 'in einem anderen Fenster verlassen'}).waitFor();
  assert.equal(await app.field('text').inputValue(), 'Steht nur hier');
  await app.menu('kvconnect.inbox', 'inbox');
}

const longName = 'Arztbrief_Mustermann_Erika_Kardiologie_Universitaetsklinikum_Koeln_20261126.pdf';

/** Every button of an attachment can be reached, however long its name is and however wide the window. */
async function longNames(app, address) {
  await app.menu('kvconnect.compose.enachricht', 'compose.enachricht');
  await app.fill({recipient: address, subject: 'Langer Name', text: 'TEST ONLY',
    attachments: {name: longName, mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 TEST ONLY')}});
  await app.act('check', 'compose.confirm');
  await app.act('send', 'message.queued');
  await app.menu('kvconnect.fetch', 'fetch.summary');
  await app.menu('kvconnect.inbox', 'inbox');
  await app.rowAct({service: 'eNachricht'}, 'open', 'inbox.message');
  for (const width of [1920, 1440, 1280, 800, 390]) {
    await app.page.setViewportSize({width, height: 900});
    const wide = await app.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `the message at ${width} is ${wide} pixels wider than the window`);
    const save = app.main.locator('button[data-action=save]');
    assert.ok(await save.count() > 0);
    for (const button of await save.all()) {
      await button.click({trial: true, timeout: 5000});
    }
    await app.look(`long_name_${width}`);
  }
  await app.page.setViewportSize({width: 1280, height: 900});
}

/** The practice system is gone for a moment: a sentence, and it comes back by itself. */
async function lostAndBack(app) {
  await app.page.locator('body[data-live]').waitFor();
  app.expectComplaint(/Failed to load resource|ERR_/);
  await app.page.context().setOffline(true);
  await app.menu('kvconnect.inbox');
  await app.page.locator('.lost').filter({hasText: 'Keine Verbindung'}).waitFor();
  await app.page.context().setOffline(false);
  await app.menu('kvconnect.inbox', 'inbox');
  await app.page.locator('.lost').waitFor({state: 'detached'});
}

test('writing, searching, narrow windows', () => inWorld('writing', {accounts}, async (world) => {
  const nord = world.practice('nord');
  await nord.script('tour_account');
  const app = await nord.enter();
  await app.menu('kvconnect.addressbook', 'addressbook');
  await app.act('fetch_book');
  await app.settled();
  await app.menu('kvconnect.compose.enachricht', 'compose.enachricht');
  await suggestions(app);
  await files(app);
  await rowsWhileTyping(app);
  await narrow(app);
  await typedStays(app);
  await everyWayOutAsks(app, nord.address());
  await secondTab(app);
  await longNames(app, nord.address());
  await lostAndBack(app);
}));
