// SPDX-License-Identifier: Apache-2.0
// A letter that somebody changed on its way, and one nobody signed: both are shown as what they are, and never as the
// message.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';

import * as places from './lib/places.mjs';
import {run} from './lib/process.mjs';
import {inWorld} from './lib/world.mjs';

const accounts = [
  {username: 'praxis.nord', password: 'Initial-NORD-1', kv: '38', cn: 'TEST ONLY Praxis Nord', o: 'TEST ONLY'},
  {username: 'draussen', password: 'Initial-AUSSEN-1', kv: '38', cn: 'TEST ONLY Dr. Draussen', o: 'TEST ONLY'},
];

test('a forged letter is shown as forged', () => inWorld('forged', {accounts}, async (world) => {
  const nord = world.practice('nord');
  await nord.script('tour_account');
  for (const kind of ['forged', 'unsigned', 'valid']) {
    await run('python3',
              [path.join(places.demo, 'outside_letter.py'), '--server', path.join(world.server.directory, 'ready.json'),
               '--work', path.join(world.directory, 'outside'), '--from', 'draussen', '--to', nord.address(), '--kind', kind],
              {KVC_OUTSIDE_PASSWORD: 'Initial-AUSSEN-1'},
              {out: path.join(world.directory, `${kind}.out`), err: path.join(world.directory, `${kind}.err`)});
  }

  const app = await nord.enter();
  await app.menu('kvconnect.fetch', 'fetch.summary');
  await app.shows(/2 Nachrichten haben die Prüfung nicht bestanden/);
  await app.menu('kvconnect.inbox', 'inbox');
  await app.look('inbox');
  for (const [code, words] of [['digest_mismatch', /Inhalt verändert/], ['not_signed', /Nicht unterzeichnet/]]) {
    assert.match(await app.cell({verdict: {code}}, 'verdict'), words);
    await app.rowAct({verdict: {code}}, 'open', 'inbox.message');
    assert.equal(await app.factCode('verdict'), code);
    assert.doesNotMatch(await app.text(), /Der Befund ist/, 'its content is not shown');
    const answer = app.main.locator('button[data-action=answer]').first();
    assert.ok(await answer.isDisabled());
    await app.look(code);
    await app.close();
    await app.see('inbox');
  }
  await app.rowAct({verdict: {code: 'valid'}}, 'open', 'inbox.message');
  await app.shows(/Der Befund ist unauffällig/);
}));
