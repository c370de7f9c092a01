import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { here } from '../architecture.ts';
import type { PlatformBuild } from '../release/build-for.ts';
import { bundledBy } from '../release/bundled-by.ts';
import { libraryPackages } from '../runtime/library-packages.ts';

/** A part of the programs that others have written. */
interface Part {
  readonly name: string;
  readonly licence: string;
}

/** A licence that every Debian system has. Policy, 12.5: a package names its file in the place of the text. */
const apache = /^.*Apache License\s+Version 2\.0, January 2004[\s\S]*?END OF TERMS AND CONDITIONS$/gm;
const commonApache = 'Apache License, version 2.0: see /usr/share/common-licenses/Apache-2.0.';

const rule = '-'.repeat(78);

/** The package's copyright file: the project's licence, then those of all that is in the programs. */
export async function copyright(builds: readonly PlatformBuild[]): Promise<string> {
  const parts = [
    ...(await npmParts([...(await bundledBy(builds))])),
    {
      name: 'Node.js',
      licence: await readFile(join('node_modules', here.runtimePackage, 'LICENSE'), 'utf8'),
    },
    ...(await libraryParts()),
  ];
  const groups = [...Map.groupBy(parts, ({ licence }) => licence.replace(apache, commonApache).trim())];
  return [
    'multiflexi-emissary, https://multiflexi.eu/',
    (await readFile('LICENSE', 'utf8')).trim(),
    'The programs contain the runtime Node.js, JavaScript packages, and copies of\nlibraries of the distribution for containers that have none. Their licences:',
    ...groups.flatMap(([licence, all]) => [
      `${rule}\n${all.map(({ name }) => name).join('\n')}\n${rule}`,
      licence,
    ]),
    '',
  ].join('\n\n');
}

async function npmParts(bundled: readonly string[]): Promise<readonly Part[]> {
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly version: string }>>;
  };
  return Promise.all(
    bundled.map(async (name) => {
      const place = Object.keys(packages).find(
        (path) => name === `${path.split('node_modules/').at(-1)}@${packages[path]?.version}`,
      );
      if (place === undefined)
        throw new Error(`package-lock.json does not have ${name}, which is in the programs`);
      return { name, licence: await licenceIn(place, name) };
    }),
  );
}

async function licenceIn(directory: string, name: string): Promise<string> {
  const files = (await readdir(directory))
    .filter((file) => /^(licen[cs]e|copying|notice)\b/i.test(file))
    .sort();
  if (files.length === 0) throw new Error(`${name} has no licence file in ${directory}`);
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  return texts.join('\n').replaceAll('\r', '');
}

/** What Debian says of its packages; the other processor's are made from the same sources. */
async function libraryParts(): Promise<readonly Part[]> {
  return Promise.all(
    libraryPackages.map(async (name) => ({
      name: `${name} of the distribution`,
      licence: await readFile(`/usr/share/doc/${name}/copyright`, 'utf8'),
    })),
  );
}
