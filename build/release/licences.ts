import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { here } from '../architecture.ts';
import { libraryPackages } from '../runtime/library-packages.ts';
import type { PlatformBuild } from './build-for.ts';
import { bundledBy } from './bundled-by.ts';
import { commonApache, declaredTexts } from './declared-texts.ts';

/** The name of the file with all texts in the image and the npm package. */
export const licencesFile = 'LICENSES.txt';

/** A part of the programs that others have written. */
interface Part {
  readonly name: string;
  readonly licence: string;
}

/** Licences that every Debian system has. */
const common = '/usr/share/common-licenses';
/** One of them, with or without its last line. Policy, 12.5: a package names its file in the place of the text. */
const apache =
  /^.*Apache License\s+Version 2\.0, January 2004[\s\S]*?warranty\s+or\s+additional\s+liability\.(?:\s+END OF TERMS AND CONDITIONS)?$/gm;
const reference = new RegExp(`${common}/([A-Za-z]+(?:-[0-9]+(?:\\.[0-9]+)?)?)`, 'g');

const rule = '-'.repeat(78);

/**
 * The project's licence, then those of all that is in the programs.
 *
 * @param where `debian`: what Debian has in files of its own is named. `elsewhere`: all texts are complete
 */
export async function licences(
  builds: readonly PlatformBuild[],
  where: 'debian' | 'elsewhere',
): Promise<string> {
  const parts = [
    ...(await npmParts([...(await bundledBy(builds))])),
    {
      name: 'Node.js',
      licence: await readFile(join('node_modules', here.runtimePackage, 'LICENSE'), 'utf8'),
    },
    ...(await libraryParts()),
  ];
  const groups = [...Map.groupBy(parts, ({ licence }) => shortened(licence, where).trim())];
  const texts = groups.map(([licence]) => licence).join();
  return [
    'multiflexi-emissary, https://multiflexi.eu/',
    (await readFile('LICENSE', 'utf8')).trim(),
    'The programs contain the runtime Node.js, JavaScript packages, and copies of\nlibraries of the distribution for containers that have none. Their licences:',
    ...groups.flatMap(([licence, all]) => [
      `${rule}\n${all.map(({ name }) => name).join('\n')}\n${rule}`,
      licence,
    ]),
    ...(where === 'debian' ? [] : await commonTexts(texts)),
    '',
  ].join('\n\n');
}

function shortened(licence: string, where: 'debian' | 'elsewhere'): string {
  return where === 'debian' ? licence.replace(apache, commonApache) : licence;
}

/** The files of Debian that the texts refer to. `GPL` is a link to the newest one. */
async function commonTexts(texts: string): Promise<readonly string[]> {
  const named = new Set([...texts.matchAll(reference)].map(([file]) => file));
  const files = new Set(await Promise.all([...named].map((file) => realpath(file))));
  return Promise.all(
    [...files]
      .sort()
      .map(
        async (file) => `${rule}\n${common}/${basename(file)}\n${rule}\n\n${await readFile(file, 'utf8')}`,
      ),
  );
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
  if (files.length === 0) return await declaredLicence(directory, name);
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  return texts.join('\n').replaceAll('\r', '');
}

/** The text of the licence that a package declares without a text. */
async function declaredLicence(directory: string, name: string): Promise<string> {
  const { license, author } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  const text = declaredTexts.get(license);
  const holder = typeof author === 'string' ? author : author?.name;
  if (text === undefined || typeof holder !== 'string')
    throw new Error(`${name} has no licence file in ${directory}`);
  return `Copyright (c) ${holder}\n\n${text}`;
}

async function libraryParts(): Promise<readonly Part[]> {
  return Promise.all(
    libraryPackages.map(async (name) => ({
      name: `${name} of the distribution`,
      licence: await readFile(`/usr/share/doc/${name}/copyright`, 'utf8'),
    })),
  );
}
