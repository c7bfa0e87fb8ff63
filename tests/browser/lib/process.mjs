// SPDX-License-Identifier: Apache-2.0
// Child processes with their output in files. Nothing outlives its test.
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';

const startTimeout = 60_000;
const poll = 10;

/** Waits for a condition with a generous limit; `what` says what was missing. */
export async function until(what, condition, timeout = startTimeout) {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await condition();
    if (value) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`not within ${timeout} ms: ${typeof what === 'function' ? await what() : what}`);
    }
    await sleep(poll);
  }
}

export class Child {
  /** `files`: {out, err}; `env` is added to our own. */
  constructor(command, args, env, files) {
    this.files = files;
    const out = fs.openSync(files.out, 'w', 0o600);
    const err = fs.openSync(files.err, 'w', 0o600);
    this.process = spawn(command, args, {env: {...process.env, ...env}, stdio: ['ignore', out, err]});
    fs.closeSync(out);
    fs.closeSync(err);
    this.ended = new Promise((resolve) => {
      this.process.on('error', (error) => resolve({code: -1, error}));
      this.process.on('exit', (code, signal) => resolve({code: code ?? 128, signal}));
    });
    this.ended.then((end) => {
      this.end = end;
    });
  }

  output() {
    return fs.readFileSync(this.files.out, 'utf8');
  }

  /** The first whole line of a file the child writes, as JSON. */
  async firstLine(file = this.files.out) {
    const line = await until(
        () => `${file} of a child that ${this.end ? 'ended' : 'runs'}: ${fs.readFileSync(this.files.err, 'utf8').slice(-2000)}`,
        () => {
          if (this.end) {
            throw new Error(`ended at its start: ${fs.readFileSync(this.files.err, 'utf8').slice(-2000)}`);
          }
          const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
          return text.includes('\n') && text.split('\n')[0];
        });
    return JSON.parse(line);
  }

  /** Softly; a child that does not listen is killed, and that is an error. */
  async stop(signal = 'SIGTERM') {
    if (this.end) {
      return this.end;
    }
    this.process.kill(signal);
    const late = sleep(startTimeout, 'late', {ref: false});
    if ((await Promise.race([this.ended, late])) === 'late') {
      this.kill();
      throw new Error('does not stop');
    }
    return this.end;
  }

  kill() {
    if (!this.end) {
      this.process.kill('SIGKILL');
    }
  }
}

/** Runs to the end and gives its output; a failure is an error that quotes what it said. */
export async function run(command, args, env, files) {
  const child = new Child(command, args, env, files);
  const end = await child.ended;
  if (end.code !== 0) {
    throw new Error(`${command} ended with ${end.code}: ${fs.readFileSync(files.err, 'utf8').slice(-3000)}`);
  }
  return child.output();
}
