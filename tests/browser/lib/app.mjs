// SPDX-License-Identifier: Apache-2.0
// The practice page as a person uses it, by the marks host_api/reference_host/serve promises (data-view-name, data-action
// ...). Every window watches for what a page must never do: throw, log an error, break its own content policy, or
// answer with a server error.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

import {violations} from './axe.mjs';
import * as places from './places.mjs';

const patience = 60_000;
// Of the whole view, not of a row or an attachment.
const ofTheView = ':not([data-row-id] *):not([data-part] *)';

export class App {
  /** Options: `world` names screenshots; the others are those of a Playwright context. */
  static async open(browser, url, {world, ...options}) {
    const context = await browser.newContext(
        {locale: 'de-DE', timezoneId: 'Europe/Berlin', viewport: {width: 1280, height: 900}, acceptDownloads: true, ...options});
    context.setDefaultTimeout(patience);
    const page = await context.newPage();
    const app = new App(page, world);
    await page.goto(url);
    return app;
  }

  constructor(page, world) {
    this.page = page;
    this.world = world;
    this.complaints = [];
    this.expected = [];
    page.on('pageerror', (error) => this.complain(`exception: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || /content security policy/i.test(message.text())) {
        this.complain(`console: ${message.text()} (${message.location().url})`);
      }
    });
    // "Discard what you typed?": a test that leaves a form means it.
    page.on('dialog', (dialog) => dialog.accept());
    page.on('response', (response) => {
      if (response.status() >= 500) {
        this.complain(`${response.status()} ${response.url()}`);
      }
    });
  }

  complain(text) {
    if (!this.expected.some((pattern) => pattern.test(text))) {
      this.complaints.push(text);
    }
  }

  /** What the browser itself logs about an answer the test provokes, such as a refused login. */
  expectComplaint(pattern) {
    this.expected.push(pattern);
  }

  // ---- coming and going ----

  async login(user, password) {
    await this.page.locator('input[name=user]').fill(user);
    await this.page.locator('input[name=password]').fill(password);
    await this.page.locator('form:has(input[name=password]) button[type=submit]').click();
    await this.ready();
  }

  /** Logged in, and the script has taken over. */
  async ready() {
    await this.page.locator('body[data-enhanced] nav[data-menu]').waitFor();
  }

  async settled() {
    await this.page.locator('body:not([data-busy])').waitFor();
  }

  // ---- views ----

  get main() {
    return this.page.locator('main');
  }

  /** Waits for a view by the name the plugin gives it ("account.new"). */
  async see(view) {
    const wanted = this.page.locator(`main[data-view-name="${view}"]`);
    await wanted.waitFor().catch(async (error) => {
      const view = await this.main.getAttribute('data-view-name').catch(() => '?');
      const text = await this.main.innerText().catch(() => '');
      throw new Error(`${error.message}\nin front is ${view}: ${text.slice(0, 1500)}`);
    });
    await this.settled();
    return wanted;
  }

  async menu(command, view) {
    await this.page.locator(`nav[data-menu] [data-command="${command}"]`).click();
    await this.settled();
    return view ? this.see(view) : undefined;
  }

  /** Clicks a button; one that is folded away is unfolded first, as a person does. */
  async press(button) {
    await button.waitFor({state: 'attached'});
    if (!(await button.isVisible())) {
      await button.locator('xpath=ancestor::details[@data-more][1]/summary').click();
    }
    await button.click();
  }

  /** A button of the view; `view` is what must come then. */
  async act(action, view) {
    await this.press(this.main.locator(`button[data-action="${action}"]${ofTheView}`));
    await this.settled();
    return view ? this.see(view) : undefined;
  }

  async close() {
    await this.page.locator('[data-close]').first().click();
    await this.settled();
  }

  async text() {
    return (await this.main.innerText()).replace(/\s+/g, ' ');
  }

  async shows(text) {
    await this.main.getByText(text).first().waitFor();
  }

  // ---- forms ----

  field(name) {
    return this.main.locator(`[name="${name}"]`);
  }

  /** Text, choice (id), check (boolean), multi-choice (list of ids), files (list of paths). */
  async fill(values) {
    for (const [name, value] of Object.entries(values)) {
      await this.fillOne(this.field(name), name, value);
    }
  }

  async fillOne(field, name, value) {
    const kind = await field.first().evaluate((element) => element.type ?? element.tagName.toLowerCase());
    if (kind === 'file') {
      await field.setInputFiles(value);
    } else if (kind === 'select-one') {
      await field.selectOption(value);
    } else if (kind === 'radio') {
      await this.main.locator(`[name="${name}"][value="${value}"]`).check();
    } else if (kind === 'checkbox' && Array.isArray(value)) {
      for (const box of await field.all()) {
        await box.setChecked(value.includes(await box.getAttribute('value')));
      }
    } else if (kind === 'checkbox') {
      await field.setChecked(value);
    } else {
      await field.fill(value);
    }
  }

  async fieldError(name) {
    const error = this.main.locator(`[data-field-error="${name}"]`);
    await error.waitFor();
    return error.innerText();
  }

  async formError() {
    const error = this.main.locator('[data-form-error]');
    await error.waitFor();
    return error.innerText();
  }

  /** The dialog the plugin opens to let a person choose files. */
  async chooseFiles(files) {
    const dialog = this.page.locator('[data-file-chooser]');
    await dialog.locator('input[type=file]').setInputFiles(files);
    await dialog.locator('button[type=submit]').first().click();
    await dialog.waitFor({state: 'detached'});
  }

  // ---- tables and details ----

  /** The rows whose cells hold the texts: {subject: "Befund"}; a code is written {state: {code: "queued"}}. */
  rows(cells = {}) {
    let rows = this.main.locator('tr[data-row-id]');
    for (const [column, wanted] of Object.entries(cells)) {
      const cell = typeof wanted === 'string' ? this.page.locator(`td[data-column="${column}"]`, {hasText: wanted}) :
                                                this.page.locator(`td[data-column="${column}"][data-code="${wanted.code}"]`);
      rows = rows.filter({has: cell});
    }
    return rows;
  }

  async rowAct(cells, action, view) {
    await this.press(this.rows(cells).first().locator(`button[data-action="${action}"]`));
    await this.settled();
    return view ? this.see(view) : undefined;
  }

  async cell(cells, column) {
    return this.rows(cells).first().locator(`td[data-column="${column}"]`).innerText();
  }

  /** A fact's value; one that is shown on request is requested. */
  async fact(name) {
    const fact = this.main.locator(`[data-fact="${name}"]`).first();
    await fact.waitFor({state: 'attached'});
    if (!(await fact.isVisible())) {
      await this.main.locator('details:not([open])', {has: this.page.locator(`[data-fact="${name}"]`)}).first().locator('summary').first().click();
      await fact.waitFor();
    }
    return (await fact.innerText()).replace(/\s+/g, ' ');
  }

  async factCode(name) {
    return this.main.locator(`[data-fact="${name}"]`).first().getAttribute('data-code');
  }

  part(name) {
    return this.main.locator('[data-part]').filter({hasText: name}).first();
  }

  // ---- the practice's side ----

  get panel() {
    return this.page.locator('aside[data-panel="context"]');
  }

  async selectPatient(id) {
    await this.panel.locator('select[name=patient]').selectOption(id);
    await this.settled();
  }

  notifications() {
    return this.page.locator('[data-notification]');
  }

  /** Clicks, and gives what was downloaded as {name, bytes}. */
  async download(locator) {
    const [download] = await Promise.all([this.page.waitForEvent('download'), locator.click()]);
    return {name: download.suggestedFilename(), bytes: fs.readFileSync(await download.path())};
  }

  // ---- looking ----

  /** A picture for people, no broken character, and no fault that axe finds. */
  async look(name) {
    await this.settled();
    await this.picture(name);
    assert.ok(!(await this.page.locator('body').innerText()).includes('\ufffd'), `${this.world} ${name} shows a broken character`);
    assert.deepEqual(await violations(this.page), [], `${this.world} ${name}`);
  }

  async picture(name, options = {}) {
    fs.mkdirSync(places.screenshots, {recursive: true});
    await this.page.evaluate(() => scrollTo(0, 0));
    await this.page.screenshot({path: path.join(places.screenshots, `${this.world}_${name}.png`), fullPage: true, ...options});
  }

  lastPicture() {
    return this.picture('FAILED');
  }
}
