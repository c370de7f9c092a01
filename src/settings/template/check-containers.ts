import { Fault } from '../../base/fault.ts';
import type { SetContainer } from './template.ts';

/**
 * Checks the names in a containerSet: each is unique, each dependency is another container of the set, and no
 * container depends on itself, directly or indirectly.
 *
 * @throws Fault `template`
 */
export function checkContainers(containers: readonly SetContainer[], origin: string): void {
  const names = containers.map((container) => container.name);
  const known = new Set(names);
  for (const [index, { name, dependencies }] of containers.entries()) {
    const where = `Invalid template ${origin}: containerSet.containers[${index}]`;
    if (names.indexOf(name) < index) throw new Fault('template', `${where}.name: "${name}" is a duplicate`);
    const unknown = dependencies.findIndex((each) => !known.has(each) || each === name);
    if (unknown !== -1) {
      throw new Fault('template', `${where}.dependencies[${unknown}]: is not another container of the set`);
    }
  }
  const stuck = whoCannotStart(containers);
  if (stuck.length === 0) return;
  throw new Fault(
    'template',
    `Invalid template ${origin}: containerSet.containers: ${stuck.join(' and ')} wait for each other`,
  );
}

/**
 * Checks that the parts of a template match: a user sidecar is not a main container, and inputs and outputs belong to
 * `main`, as in Argo.
 *
 * @param containers names of the containerSet; null = there is none, and `main` is the only one
 * @throws Fault `template`
 */
export function checkRoles(
  containers: readonly string[] | null,
  sidecars: readonly string[],
  hasFiles: boolean,
  origin: string,
): void {
  const main = containers ?? ['main'];
  for (const [index, name] of sidecars.entries()) {
    const where = `Invalid template ${origin}: sidecars[${index}].name: "${name}"`;
    if (main.includes(name)) throw new Fault('template', `${where} is a main container`);
    if (sidecars.indexOf(name) < index) throw new Fault('template', `${where} is a duplicate`);
  }
  if (hasFiles && !main.includes('main')) {
    const problem = 'inputs and outputs require a container named main';
    throw new Fault('template', `Invalid template ${origin}: containerSet.containers: ${problem}`);
  }
}

/** Checks that each container whose failure does not count exists. @throws Fault `template` */
export function checkMayFail(names: readonly string[], known: readonly string[], origin: string): void {
  const unknown = names.findIndex((name) => !known.includes(name));
  if (unknown === -1) return;
  const where = `multiflexi.mayFail[${unknown}]`;
  throw new Fault(
    'template',
    `Invalid template ${origin}: ${where}: is not a container or sidecar of the template`,
  );
}

/**
 * Repeatedly removes containers whose dependencies are removed. Those that remain are in a dependency cycle, or
 * depend on one.
 */
function whoCannotStart(containers: readonly SetContainer[]): readonly string[] {
  const ended = new Set<string>();
  for (let before = -1; ended.size > before; ) {
    before = ended.size;
    for (const { name, dependencies } of containers) {
      if (dependencies.every((dependency) => ended.has(dependency))) ended.add(name);
    }
  }
  return containers.map(({ name }) => name).filter((name) => !ended.has(name));
}
