// SPDX-License-Identifier: Apache-2.0
// The meter beside a new password says what the plugin will say when it comes back: the same words, the same results.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

const source = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../../..');
const read = (file) => fs.readFileSync(path.join(source, file), 'utf8');
const quoted = (text) => [...text.matchAll(/"([^"]*)"/g)].map((match) => match[1]);

const script = read('host_api/reference_host/serve/assets/strength.js');
const plugin = read('plugin/passwords/strength.cpp');
const words = quoted(/kWords\{([^}]*)\}/.exec(plugin)[1]);
assert.ok(words.length > 40);
assert.deepEqual(quoted(/WORDS = \[([^\]]*)\]/.exec(script)[1]), words);

const strength = vm.runInNewContext(`${script}; passwordStrength`, {TextEncoder});
const lines = read('tests/unit/plugin/passwords.tsv').split('\n').filter((line) => line && !line.startsWith('#'));
assert.ok(lines.length > 30);
for (const [code, password] of lines.map((line) => line.split('\t'))) {
  assert.equal(['weak', 'fair', 'good', 'strong'][strength(password)], code, password);
}
assert.equal(strength(''), 0);
assert.equal(strength('a'.repeat(100000)), 0);
console.log(`${words.length} words and ${lines.length} passwords agree`);
