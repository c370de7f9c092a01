import { createHash } from 'node:crypto';
import { execa } from 'execa';
import type { PlatformBuild } from './build-for.ts';
import { bundledBy } from './bundled-by.ts';
import type { Component } from './component.ts';
import { libraryComponents } from './library-components.ts';
import { programFiles } from './program-files.ts';
import { runtimeComponent } from './runtime-component.ts';
import type { SourceState } from './source-state.ts';

interface Dependency {
  readonly ref: string;
  readonly dependsOn: readonly string[];
}

/** What npm knows of the tree's packages, in CycloneDX's form (npm-sbom(1)). */
interface Sbom {
  readonly metadata: { readonly component: Component; readonly tools: readonly object[] };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

/**
 * The release's SBOM (CycloneDX 1.5): the packages whose code is in the programs, the runtime, and the
 * loader and libraries that the programs carry. What npm lists for the build alone is left out.
 */
export async function makeSbom(
  builds: readonly PlatformBuild[],
  source: SourceState,
  version: string,
): Promise<object> {
  const { stdout } = await execa('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']);
  const known = JSON.parse(stdout) as Sbom;
  const bundled = await bundledBy(builds);
  const runtimes = known.components.filter(({ name }) =>
    builds.some(({ platform }) => platform.runtimePackage === name),
  );
  const packages = [...bundled].map((ref) => packageIn(known, ref));
  const runtime = runtimeComponent(runtimes);
  const libraries = (await Promise.all(builds.map(libraryComponents))).flat();
  const root = known.metadata.component['bom-ref'];
  const parts = [...packages, runtime, ...libraries].map((component) => component['bom-ref']);
  const sbom = {
    ...known,
    metadata: {
      timestamp: new Date(source.seconds * 1000).toISOString(),
      lifecycles: [{ phase: 'build' }],
      tools: known.metadata.tools,
      component: {
        ...asPart(known.metadata.component),
        type: 'application',
        name: 'multiflexi-emissary',
        components: await programFiles(builds, version),
      },
    },
    components: [...packages, runtime, ...runtimes.map(asPart), ...libraries],
    dependencies: [
      { ref: root, dependsOn: parts },
      ...between(known.dependencies, bundled),
      { ref: runtime['bom-ref'], dependsOn: runtimes.map((component) => component['bom-ref']) },
    ],
  };
  return { ...sbom, serialNumber: serialNumberOf(sbom) };
}

/** Not drawn: the same programs of the same sources have the same number. A UUID of version 8 (RFC 9562). */
function serialNumberOf(sbom: object): string {
  const text = JSON.stringify({ ...sbom, serialNumber: undefined });
  const hash = createHash('sha256').update(text).digest('hex');
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`];
  return `urn:uuid:${[...parts, hash.slice(20, 32)].join('-')}`;
}

function packageIn({ components }: Sbom, ref: string): Component {
  const found = components.find((component) => component['bom-ref'] === ref);
  if (found === undefined) throw new Error(`npm sbom does not list ${ref}, which is in the programs`);
  return asPart(found);
}

/** npm calls a package optional that only the build's own package.json needs: here it is a part. */
function asPart({ properties: _, ...component }: Component): Component {
  return { ...component, scope: 'required' };
}

function between(dependencies: readonly Dependency[], refs: ReadonlySet<string>): readonly Dependency[] {
  return dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }));
}
