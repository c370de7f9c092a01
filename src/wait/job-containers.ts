import { limits } from '../base/limits.ts';
import { containerNamePattern } from '../contract/container-name.ts';
import { readTemplate } from '../observe/read-template.ts';
import type { Spool } from '../report/spool/spool.ts';
import { mainContainers } from '../settings/template/template.ts';

const containersRecord = 'containers.json';

/**
 * The names of the containers that make up the job. The template is read once: a reporter that takes over from a killed
 * one follows the same containers, even if the job has changed the template meanwhile.
 *
 * @throws Fault `template`
 */
export async function jobContainers(spool: Spool): Promise<readonly string[]> {
  const kept = spool.readRecord(containersRecord);
  if (isNames(kept)) return kept;
  const names = mainContainers(await readTemplate(spool.volume));
  spool.writeRecord(containersRecord, names);
  return names;
}

function isNames(value: unknown): value is readonly string[] {
  const isName = (name: unknown) => typeof name === 'string' && containerNamePattern.test(name);
  return Array.isArray(value) && value.length > 0 && value.length <= limits.containers && value.every(isName);
}
