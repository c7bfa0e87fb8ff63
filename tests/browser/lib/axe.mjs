// SPDX-License-Identifier: Apache-2.0
// What axe finds on a page: one readable line for each element and rule.
import axe from 'axe-core';

export async function violations(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => globalThis.axe.run(document, {resultTypes: ['violations']}));
  return found.violations.flatMap(
      (rule) => rule.nodes.map((node) => `${rule.impact} ${rule.id}: ${node.target.join(' ')} ${node.html.slice(0, 160)}`));
}
