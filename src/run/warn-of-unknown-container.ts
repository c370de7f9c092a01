import { log } from '../base/log.ts';
import type { Template } from '../settings/template/template.ts';

/** Probably a misspelt name: the reporter waits for another container and ignores this one. */
export function warnOfUnknownContainer(name: string, { containers, sidecars }: Template): void {
  if (containers === null || sidecars.includes(name) || containers.some((each) => each.name === name)) return;
  const known = containers.map((each) => each.name).join(', ');
  log(`The template's containerSet has no container ${name}, only ${known}: it is run but not reported`);
}
