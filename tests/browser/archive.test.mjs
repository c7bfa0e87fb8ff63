// SPDX-License-Identifier: Apache-2.0
// Old mail comes in from a folder and from chosen files, with its progress to be seen and to be stopped.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import * as places from './lib/places.mjs';
import {inWorld} from './lib/world.mjs';

const accounts = [{username: 'bernd', password: 'Initial-NORD-1', kv: '38', cn: 'TEST ONLY Bernd', o: 'TEST ONLY'}];

/** Copies of one mail that the database takes for different ones. */
function manyMails(folder, count) {
  fs.mkdirSync(folder, {recursive: true});
  const mail = fs.readFileSync(path.join(places.vectors, 'valid.eml'), 'latin1');
  for (let i = 0; i < count; ++i) {
    fs.writeFileSync(path.join(folder, `${i}.eml`), mail.replace(/^Message-ID: .*$/m, `Message-ID: <${path.basename(folder)}-${i}@kv-safenet.de>`), 'latin1');
  }
}

test('an archive is imported, and the import can be stopped', () => inWorld('archive', {accounts}, async (world) => {
  const nord = world.practice('nord');
  await nord.script('tour_account', {KVC_TOUR_USERNAME: 'bernd'});
  const folder = path.join(world.directory, 'archiv');
  manyMails(folder, 60);
  fs.writeFileSync(path.join(folder, 'kein_brief.eml'), 'Gar keine E-Mail.\n');

  const app = await nord.enter();
  await app.menu('kvconnect.archive.import', 'archive.import');
  await app.look('form');
  await app.act('import');
  assert.match(await app.fieldError('archive_files'), /Dateien auswählen oder einen Ordner/);
  await app.fill({archive_folder: 'archiv'});
  await app.act('import');
  assert.match(await app.fieldError('archive_folder'), /vollständigen Pfad/);

  await app.fill({archive_files: [path.join(places.vectors, 'valid_earztbrief.eml'), path.join(folder, 'kein_brief.eml')], archive_folder: ''});
  await app.act('import', 'archive.summary');
  await app.shows(/Eine Nachricht wurde importiert/);
  assert.equal(await app.rows({outcome: {code: 'not_a_mail'}}).count(), 1);
  await app.look('summary');

  await app.menu('kvconnect.archive.import', 'archive.import');
  await app.fill({archive_folder: folder});
  await app.act('import');
  await app.page.locator('[data-job]', {hasText: /Archiv wird importiert, \d+ Dateien bisher/}).or(app.page.locator('main[data-view-name="archive.summary"]')).first().waitFor();
  await app.picture('progress');
  await app.see('archive.summary');
  await app.shows(/60 Nachrichten wurden importiert/);

  // One that takes longer is stopped; what came in until then stays, and is told.
  const more = path.join(world.directory, 'mehr');
  manyMails(more, 3000);
  await app.menu('kvconnect.archive.import', 'archive.import');
  await app.fill({archive_folder: more});
  await app.act('import');
  await app.page.locator('button[data-cancel-progress]').click();
  await app.see('archive.summary');
  await app.shows(/Der Import wurde abgebrochen/);
  await app.look('cancelled');

  await app.menu('kvconnect.inbox', 'inbox');
  assert.equal(await app.rows().count(), 50);
  await app.look('inbox');
  await app.page.locator('button[data-page=next]').click();
  await app.main.getByText('Seite 2').waitFor();
  await app.settled();
  assert.ok(await app.rows().count() >= 11, 'the second page has the others');
  await app.page.locator('button[data-page=previous]').click();
  await app.main.getByText('Seite 1').waitFor();
  assert.equal(await app.rows().count(), 50);
}));
