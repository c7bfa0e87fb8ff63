// SPDX-License-Identifier: Apache-2.0
// Moving house: the certificates are downloaded in one system and imported in another, by the page's file dialog.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {inWorld} from './lib/world.mjs';

test('a keystore is exported here and imported there', () => inWorld('keystore', {}, async (world) => {
  const nord = world.practice('nord');
  await nord.script('tour_account');

  const app = await nord.enter();
  await app.menu('kvconnect.accounts', 'accounts');
  await app.rowAct({name: 'Praxiskonto'}, 'open', 'account.overview');
  await app.act('export', 'account.exported');
  await app.look('exported');
  const saved = await app.download(app.page.locator('a[data-download]', {hasText: /\.p12/}).first());
  assert.match(saved.name, /^praxis\.nord.*\.p12$/);
  assert.equal(saved.bytes[0], 0x30, 'DER');

  // The same practice in a new system. First a file that is none, and a wrong password.
  const moved = world.practice('nord', {name: 'moved'});
  const file = path.join(world.directory, saved.name);
  const noise = path.join(world.directory, 'kein_keystore.p12');
  fs.writeFileSync(file, saved.bytes);
  fs.writeFileSync(noise, 'kein Keystore');
  const there = await moved.enter();
  await there.menu('kvconnect.account.new', 'account.new');
  await there.fill({username: 'praxis.nord', password: moved.passwords.own, keystore_password: 'Falsch-KEYSTORE-0',
                    display_name: 'Umgezogenes Konto'});
  await there.act('import');
  await there.page.locator('[data-file-chooser] input[type=file]').waitFor();
  await there.look('dialog');
  await there.chooseFiles(noise);
  await there.see('account.import');
  await there.act('import');
  assert.match(await there.formError(), /keine Keystore-Datei/);
  await there.look('no_keystore');
  await there.act('choose');
  await there.chooseFiles(file);
  await there.shows(saved.name);
  await there.act('import');
  await there.field('keystore_password').waitFor();
  assert.match(await there.formError(), /Passwort/);
  await there.look('wrong_password');
  await there.fill({keystore_password: moved.passwords.keystore});
  await there.act('import');
  await there.shows(/Schlüsselgeneration/);
  await there.look('content');
  await there.act('create', 'account.overview');
  assert.equal(await there.factCode('state'), 'ready');
  assert.equal(await there.factCode('server_certificate'), 'same');
}));

test('closing the file dialog changes nothing', () => inWorld('keystore_cancel', {}, async (world) => {
  const app = await world.practice('nord').enter();
  await app.menu('kvconnect.account.new', 'account.new');
  await app.fill({username: 'praxis.nord', password: 'x', display_name: 'Bleibt stehen'});
  await app.act('import');
  const dialog = app.page.locator('[data-file-chooser]');
  await dialog.getByRole('button', {name: /abbrechen/i}).click();
  await dialog.waitFor({state: 'detached'});
  await app.see('account.new');
  await app.menu('kvconnect.accounts', 'accounts');
  assert.equal(await app.rows().count(), 0);
}));
