// SPDX-License-Identifier: Apache-2.0
// A world of its own for each test: a KV-Connect server, practices, their pages, one browser. Free ports, a scratch
// folder, nothing shared but the test authority, which is slow to make.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {chromium} from 'playwright-core';

import {App} from './app.mjs';
import * as places from './places.mjs';
import {Child, run} from './process.mjs';

/** Artificial passwords that stand out wherever they should not be. */
export const passwordsOf = (name) => ({
  login: `Canary-LOGIN-${name}`,
  initial: {nord: 'Initial-NORD-1', sued: 'Initial-SUED-1'}[name],
  own: `Canary-NEW-${name.toUpperCase()}-9xy`,
  keystore: `Canary-KEYSTORE-${name.toUpperCase()}`,
});

class Server {
  constructor(directory, {accounts, robots}) {
    this.directory = directory;
    this.port = '0';
    this.more = ['--robots', robots ? 'on' : 'off'];
    fs.mkdirSync(directory, {recursive: true});
    this.setFaults([]);
    if (accounts) {
      fs.writeFileSync(path.join(directory, 'accounts.json'), JSON.stringify({accounts}));
      this.more.push('--accounts', path.join(directory, 'accounts.json'));
    }
  }

  async start() {
    fs.mkdirSync(path.dirname(places.testCa), {recursive: true});
    const at = (name) => path.join(this.directory, name);
    this.child = new Child(
        places.programs.tool,
        ['server', '--port', this.port, '--data', at('data'), '--ca', places.testCa, '--ca-bits', '2048',
         '--csr-step-ms', '20', '--faults', at('faults.json'), ...this.more],
        {}, {out: at('ready.json'), err: at('requests.log')});
    this.ready = await this.child.firstLine();
    this.port = String(this.ready.port);
  }

  stop() {
    return this.child.stop();
  }

  /** Renamed into place: a request that comes now must not see half a plan. */
  setFaults(rules) {
    const file = path.join(this.directory, 'faults.json');
    fs.writeFileSync(file + '.next', JSON.stringify({rules}));
    fs.renameSync(file + '.next', file);
  }

  settings(more) {
    const {base_url, mail_domain, root, user_ca} = this.ready;
    const environment = {id: 'own', name: 'Testserver', base_url, mail_domain, tls_roots: [root],
                         message_roots: [root], user_cas: [user_ca]};
    return {environments: [environment], fetch: {interval_minutes: 0}, csr_poll_seconds: 1, ...more};
  }
}

/** One practice with its own data folder. `account`: "nord" or "sued", as in the scripts and the server's accounts. */
class Practice {
  constructor(world, name, account, settings) {
    this.world = world;
    this.name = name;
    this.account = account;
    this.passwords = passwordsOf(account);
    this.directory = path.join(world.directory, name);
    this.files = path.join(this.directory, 'scripts');
    fs.mkdirSync(this.directory, {recursive: true});
    fs.cpSync(places.scripts, this.files, {recursive: true});
    fs.writeFileSync(this.settingsFile(), JSON.stringify(world.server.settings(settings)));
  }

  /** A file beside the scripts. */
  write(name, content) {
    fs.writeFileSync(path.join(this.files, name), content);
  }

  settingsFile() {
    return path.join(this.directory, 'settings.json');
  }

  address() {
    return `praxis.${this.account}@${this.world.server.ready.mail_domain}`;
  }

  arguments(command) {
    return [command, '--plugin', places.pluginDir, '--practice', path.join(this.files, `practice_${this.account}.json`),
            '--settings', this.settingsFile(), '--data', path.join(this.directory, 'data')];
  }

  /** A script of tests/e2e/scripts, while no page is open: what a test needs and does not test. */
  async script(name, more = {}) {
    const {login, initial, own, keystore} = this.passwords;
    const env = {KVC_TOUR_LOGIN: login, KVC_TOUR_USERNAME: `praxis.${this.account}`, KVC_TOUR_PASSWORD: initial,
                 KVC_TOUR_NEW_PASSWORD: own, KVC_TOUR_KEYSTORE_PASSWORD: keystore,
                 KVC_TOUR_SUBJECT: 'Befund zur Mitbehandlung', ...more};
    return run(places.programs.host, [...this.arguments('run'), '--script', path.join(this.files, `${name}.json`)], env,
               {out: path.join(this.directory, `${name}.out`), err: path.join(this.directory, `${name}.err`)});
  }

  async serve() {
    const ready = path.join(this.directory, 'page.json');
    fs.rmSync(ready, {force: true});
    this.page = new Child(
        places.programs.host, [...this.arguments('serve'), '--port', '0', '--ready-file', ready],
        {KVC_TOUR_LOGIN: this.passwords.login},
        {out: path.join(this.directory, 'page.out'), err: path.join(this.directory, 'page.err')});
    this.world.children.push(this.page);
    this.url = (await this.page.firstLine(ready)).url;
    return this.url;
  }

  /** A browser window of its own, at the login. Options as of a Playwright context. */
  async open(options = {}) {
    if (!this.page) {
      await this.serve();
    }
    return this.world.open(this.url, options);
  }

  /** The same, logged in. */
  async enter(user = 'arzt', options = {}) {
    const app = await this.open(options);
    await app.login(user, this.passwords.login);
    return app;
  }
}

export class World {
  constructor(name, options) {
    this.name = name;
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), `kvc_browser_${name}_`));
    this.children = [];
    this.apps = [];
    this.server = new Server(path.join(this.directory, 'server'), options);
  }

  practice(account, {name = account, settings = {}} = {}) {
    return new Practice(this, name, account, settings);
  }

  async start() {
    await this.server.start();
    this.children.push(this.server.child);
    this.browser = await launch();
  }

  async open(url, options = {}) {
    const app = await App.open(this.browser, url, {world: this.name, ...options});
    this.apps.push(app);
    return app;
  }

  /** Closes everything; what a page complained of on the way fails the test. */
  async close(failed) {
    const complaints = this.apps.flatMap((app) => app.complaints);
    if (failed) {
      await Promise.all(this.apps.map((app) => app.lastPicture().catch(() => {})));
    }
    await this.browser?.close();
    const all = new Set([...this.children, this.server.child]);
    const ends = await Promise.all([...all].map((child) => child?.stop().catch((error) => ({code: -1, error}))));
    if (failed || complaints.length > 0) {
      console.error(`kept: ${this.directory}`);
    } else {
      fs.rmSync(this.directory, {recursive: true, force: true});
    }
    if (!failed && complaints.length > 0) {
      throw new Error(`the page complained:\n${complaints.join('\n')}`);
    }
    const bad = ends.find((end) => end && end.code !== 0);
    if (!failed && bad) {
      throw new Error(`a process did not end well: ${JSON.stringify(bad)}`);
    }
  }
}

export function launch() {
  // Containers and root have no sandbox of Chromium's kind; the only pages opened are ours.
  // The browser's own words ("Datei auswählen") are German, too.
  return chromium.launch({executablePath: places.browser, args: ['--no-sandbox', '--disable-gpu', '--lang=de'],
                          env: {...process.env, LANGUAGE: 'de'}});
}

/** Runs `body` in a new world. `options`: {accounts, robots} of the server. */
export async function inWorld(name, options, body) {
  const world = new World(name, options);
  let failed = true;
  try {
    await world.start();
    await body(world);
    failed = false;
  } finally {
    await world.close(failed);
  }
}
