import type { Component } from './component.ts';
import { runtimeLicences } from './runtime-licences.ts';

/** What `process.versions` lists besides libraries. One that this Node was built without has no version there. */
const notLibraries = ['node', 'modules', 'napi', 'cldr', 'tz', 'unicode'];

/**
 * Node, with the libraries that are part of its executable.
 *
 * @param packages the npm packages that it is taken from
 */
export function runtimeComponent(packages: readonly Component[]): Component {
  const { node: version, ...parts } = process.versions;
  const libraries = Object.entries(parts).filter(
    ([name, version]) => version !== '' && !notLibraries.includes(name),
  );
  return {
    'bom-ref': `node@${version}`,
    type: 'platform',
    name: 'node',
    version,
    scope: 'required',
    purl: `pkg:generic/node@${version}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    licenses: [{ license: { id: 'MIT' } }],
    pedigree: {
      notes:
        `Taken from the npm packages ${packages.map(({ name }) => name).join(' and ')}. Symbols are removed, and code ` +
        'is changed that touches signals, descriptors, arguments and the environment at the start (build/runtime/runtime.ts).',
    },
    components: libraries.map(([name, version = '']) => ({
      'bom-ref': `node/${name}@${version}`,
      type: 'library',
      name,
      version,
      licenses: [{ license: { id: licenceOf(name) } }],
    })),
  };
}

function licenceOf(name: string): string {
  const licence = runtimeLicences[name];
  if (licence === undefined)
    throw new Error(`runtime-licences.ts has no licence for ${name}, a library in Node`);
  return licence;
}
