// SPDX-License-Identifier: Apache-2.0
// Runs one file of tests for ctest. Without the modules of npm or without the browser it says so and ends with 77,
// which ctest shows as skipped; packaging/test.sh installs both before it runs the tests.
import fs from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

import {browser, source} from './lib/places.mjs';

const modules = path.join(source, 'tests/browser/node_modules/playwright-core');
const missing = !fs.existsSync(modules) ? 'npm ci was not run in tests/browser' : !browser ? 'there is no Chromium' : '';
if (missing) {
  console.error(`skipped: ${missing}; packaging/test.sh does what is needed`);
  process.exit(77);
}
await import(pathToFileURL(path.resolve(process.argv[2])));
