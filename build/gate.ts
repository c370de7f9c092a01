import { gates } from './gates/all.ts';

/** `node build/gate.ts NAME`: runs one gate, prints its findings, and exits with 1 if there are any. */
const name = process.argv[2];
const gate = gates.find((candidate) => candidate.name === name);
const findings =
  gate === undefined ? [`The gates are ${gates.map((each) => each.name).join(', ')}`] : await gate.check();
for (const finding of findings) process.stdout.write(`${finding}\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
