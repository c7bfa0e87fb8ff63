// SPDX-License-Identifier: Apache-2.0
// Where things are: the tree, the build it is tested from, and the browser.
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const source = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const build = process.env.KVC_BUILD_DIR ?? path.join(source, 'build/dev');
export const programs = {
  host: path.join(build, 'host_api/pvs-host'),
  tool: path.join(build, 'src/tool/kvconnect'),
};
export const pluginDir = path.join(build, 'plugin');
export const screenshots = path.join(build, 'screenshots');
export const testCa = path.join(build, 'tests/browser/test-ca');
export const scripts = path.join(source, 'tests/e2e/scripts');
export const vectors = path.join(source, 'tests/vectors/messages');
export const demo = path.join(source, 'packaging/demo');

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser'];
export const browser = process.env.KVC_CHROMIUM ?? browsers.find((file) => fs.existsSync(file));
