// SPDX-License-Identifier: Apache-2.0
// Somebody types nonsense into every field: what comes back is a sentence at the field or above the form, what was typed
// stays, and nothing of it becomes part of the page.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';

import {inWorld} from './lib/world.mjs';

const hostile = [
  '<img src=x onerror="document.title=\'kaputt\'"><script>document.title="kaputt"</script>',
  '"><b data-hostile>fett</b>',
  '\u202egedreht\u200f %s ${7*7} {{7*7}} \'; DROP TABLE account;--',
  '🏥'.repeat(3000),
];

/** Types into everything that takes text. */
async function typeEverywhere(app, nonsense) {
  const fields = app.main.locator('input[type=text], input[type=password], input[type=search], textarea');
  for (const field of await fields.all()) {
    if (await field.isEditable()) {
      await field.fill(nonsense);
    }
  }
}

async function expectUnharmed(app) {
  assert.doesNotMatch(await app.page.title(), /kaputt/);
  assert.equal(await app.page.locator('[data-hostile], main img').count(), 0);
}

test('nonsense in every field is refused or shown as typed', () => inWorld('nonsense', {}, async (world) => {
  const nord = world.practice('nord', {settings: {kvca_file: 'scripts/kvca.xml'}});
  await nord.script('tour_account');
  const app = await nord.enter();
  await app.selectPatient('p1');
  const forms = [
    ['kvconnect.account.new', 'account.new', 'check'],
    ['kvconnect.compose.enachricht', 'compose.enachricht', 'check'],
    ['kvconnect.compose.earztbrief', 'compose.earztbrief', 'check'],
    ['kvconnect.compose.1click', 'compose.1click', 'check'],
    ['kvconnect.archive.import', 'archive.import', 'import'],
  ];
  for (const [command, view, action] of forms) {
    for (const nonsense of hostile) {
      await app.menu(command, view);
      await typeEverywhere(app, nonsense);
      await app.act(action);
      await app.main.locator('[data-field-error], [data-form-error]').first().waitFor();
      await expectUnharmed(app);
    }
    await app.look(view.replaceAll('.', '_'));
  }

  // Files that are not what they are called.
  const noise = path.join(world.directory, '<b>böse&.eml');
  fs.writeFileSync(noise, Buffer.alloc(100_000, 0xff));
  await app.menu('kvconnect.archive.import', 'archive.import');
  await app.fill({archive_files: noise, archive_folder: ''});
  await app.act('import', 'archive.summary');
  await app.shows(/böse.*\.eml/);
  await expectUnharmed(app);

  // A name that is allowed, however odd, is shown as it was typed.
  const odd = '🏥 <b data-hostile>"Müller" & \'Söhne\'</b> %s ../ שלום';
  await app.menu('kvconnect.accounts', 'accounts');
  await app.rowAct({}, 'open', 'account.overview');
  await app.act('edit', 'account.edit');
  await app.fill({display_name: odd});
  await app.main.locator('form button[data-action]').first().click();
  await app.see('account.overview');
  assert.ok((await app.fact('display_name')).includes(odd));
  await expectUnharmed(app);
  await app.menu('kvconnect.accounts', 'accounts');
  await app.rows({name: odd}).waitFor();
  await app.look('odd_name');
}));
