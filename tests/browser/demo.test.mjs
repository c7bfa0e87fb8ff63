// SPDX-License-Identifier: Apache-2.0
// The demo of packaging/run.sh, as somebody sees it who opens it for the first time: every menu entry leads to
// something, in light and dark, on a wide and on a narrow screen, and axe finds no fault in it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';

import {App} from './lib/app.mjs';
import * as places from './lib/places.mjs';
import {Child} from './lib/process.mjs';
import {launch} from './lib/world.mjs';

const open = `
set -euo pipefail
. packaging/demo/demo.sh
trap demo_end EXIT
trap 'exit 0' TERM
demo_begin no
demo_server
demo_seed
demo_page nord
demo_page sued
printf '{"nord": "%s", "sued": "%s", "login": "%s"}\\n' "$(demo_fact nord.page url)" "$(demo_fact sued.page url)" "\${demo_login[nord]}"
wait -n "\${demo_pids[@]}"`;

const entries = [
  ['kvconnect.apply', 'apply'],
  ['kvconnect.accounts', 'accounts'],
  ['kvconnect.account.new', 'account.new'],
  ['kvconnect.inbox', 'inbox'],
  ['kvconnect.outbox', 'outbox'],
  ['kvconnect.compose.enachricht', 'compose.enachricht'],
  ['kvconnect.compose.earztbrief', 'compose.earztbrief'],
  ['kvconnect.compose.1click', 'compose.1click'],
  ['kvconnect.compose.edoku', 'compose.edoku'],
  ['kvconnect.addressbook', 'addressbook'],
  ['kvconnect.archive.import', 'archive.import'],
  ['kvconnect.doctor', 'doctor'],
  ['kvconnect.fetch', 'fetch.summary'],
];

async function withDemo(body) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'kvc_browser_demo_'));
  process.chdir(places.source);
  const demo = new Child('bash', ['-c', open], {KVC_DEMO_DIR: path.join(directory, 'demo'), KVC_DEMO_BIN: places.build},
                         {out: path.join(directory, 'out'), err: path.join(directory, 'err')});
  const browser = await launch();
  try {
    await body(await demo.firstLine(), browser, path.join(directory, 'demo'));
  } finally {
    await browser.close();
    const end = await demo.stop();
    assert.equal(end.code, 0, fs.readFileSync(path.join(directory, 'err'), 'utf8'));
    fs.rmSync(directory, {recursive: true, force: true});
  }
}

async function everyEntry(app, suffix) {
  const ids = await app.page.locator('nav[data-menu] [data-command]').evaluateAll((all) => all.map((e) => e.dataset.command));
  assert.deepEqual([...new Set(ids)].sort(), entries.map(([command]) => command).sort(), 'this test knows every entry');
  for (const [command, view] of entries) {
    await app.menu(command, view);
    await app.look(view.replaceAll('.', '_') + suffix);
    const wide = await app.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${view}${suffix} is ${wide} pixels wider than the window`);
  }
}

test('every menu entry of the demo shows something', () => withDemo(async ({nord, sued, login}, browser) => {
  const app = await App.open(browser, nord, {world: 'demo', viewport: {width: 1440, height: 900}});
  await app.login('arzt', login);
  await app.notifications().filter({hasText: 'läuft bald ab'}).waitFor();
  await app.look('start');
  await app.selectPatient('p1');
  await everyEntry(app, '');
  await app.menu('kvconnect.addressbook', 'addressbook');
  await app.fill({search: 'test'});
  await app.act('search', 'addressbook.results');
  await app.look('addressbook_results');
  await app.menu('kvconnect.inbox', 'inbox');
  for (const code of ['valid', 'digest_mismatch', 'not_signed']) {
    assert.notEqual(await app.rows({verdict: {code}}).count(), 0);
  }
  await app.rowAct({subject: 'Rückfrage zur Medikation'}, 'open', 'inbox.message');
  await app.look('message');
  await app.menu('kvconnect.outbox', 'outbox');
  for (const code of ['draft', 'queued', 'failed', 'delivered', 'answered']) {
    assert.notEqual(await app.rows({state: {code}}).count(), 0, code);
  }

  const dark = await App.open(browser, nord, {world: 'demo', colorScheme: 'dark', viewport: {width: 1024, height: 768}});
  await dark.login('mfa', login);
  await dark.selectPatient('p1');
  await everyEntry(dark, '_dark_1024');

  const other = await App.open(browser, sued, {world: 'demo_sued', viewport: {width: 1280, height: 900}});
  await other.login('arzt', login.replace('Nord', 'Sued'));
  await other.menu('kvconnect.inbox', 'inbox');
  assert.notEqual(await other.rows({service: 'eArztbrief', verdict: {code: 'valid'}}).count(), 0);
  await other.look('inbox');
  assert.deepEqual([app, dark, other].flatMap(({complaints}) => complaints), []);
}));
