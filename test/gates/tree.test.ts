import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gates } from '../../build/gates/all.ts';

for (const gate of gates) {
  test(`${gate.name}: ${gate.title}`, async () => {
    const findings = await gate.check();
    assert.ok(findings.length === 0, findings.join('\n'));
  });
}
