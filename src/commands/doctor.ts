import { faultStatus } from '../base/fault.ts';
import { printable, printableJson } from '../base/printable.ts';
import { checksOf } from '../launch/doctor/checks-of.ts';
import { type Diagnosis, diagnose } from '../launch/doctor/diagnose.ts';
import { Interrupts } from '../launch/interrupts.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { doctorSettings } from '../settings/verbs/doctor-settings.ts';

/**
 * `multiflexi-emissary doctor`: checks that an engine can run jobs, and prints one row for each check as it is made, or
 * one JSON document.
 *
 * @returns 0 if no check failed, else 64; 128 + N if signal N stopped it
 * @throws Fault `usage`
 */
export async function doctor(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const settings = doctorSettings(invocation, args);
  const { engine, state, json } = settings;
  const interrupts = new Interrupts(invocation.ignored);
  const cancel = new AbortController();
  const givenUp = Promise.withResolvers<readonly Diagnosis[]>();
  // The first signal lets a check clean up.
  interrupts.listen((wish) => (wish === 'stop' ? cancel.abort() : givenUp.resolve([])));
  const checks = await checksOf(settings, invocation, cancel.signal);
  const width = Math.max(...checks.map(({ name }) => name.length));
  const show = (diagnosis: Diagnosis) => invocation.print(rowOf(diagnosis, width));
  if (!json) invocation.print(`${'CHECK'.padEnd(width)}  RESULT   FOUND\n`);
  const making = diagnose(checks, json ? () => undefined : show, cancel.signal);
  const made = await Promise.race([making, givenUp.promise]);
  if (interrupts.status !== null) return interrupts.status;
  const failures = made.filter(({ status }) => status === 'failed').length;
  if (json) {
    const document = { engine, state, ok: failures === 0, checks: made };
    invocation.print(`${printableJson(document, 2)}\n`);
  } else invocation.print(verdictOf(engine, failures));
  return failures === 0 ? 0 : faultStatus.engine;
}

/** What to do is in a line of its own, to be copied. */
function rowOf({ name, status, found, advice }: Diagnosis, width: number): string {
  const row = `${name.padEnd(width)}  ${status.padEnd(7)}  ${printable(found)}\n`;
  return advice === null ? row : `${row}${' '.repeat(width + 2)}→ ${printable(advice)}\n`;
}

function verdictOf(engine: string, failures: number): string {
  if (failures === 0) return `\n${engine} can run jobs.\n`;
  return `\n${engine} cannot run jobs: ${failures} ${failures === 1 ? 'check' : 'checks'} failed.\n`;
}
