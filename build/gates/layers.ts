import { existsSync } from 'node:fs';
import { glob, readdir } from 'node:fs/promises';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import type { Gate } from './gate.ts';
import { documents, layerRules, layersOfSource } from './layer-rules.ts';

const folders = ['src', 'build', 'test', 'images'].filter((folder) => existsSync(folder));
// A constant, because knip treats a literal pattern in the call as an import of every matching file.
const sources = ['src/**/*.ts'];

/** dependency-cruiser: see layer-rules.ts. */
export const layers: Gate = {
  name: 'layers',
  title: 'imports point down, and each dependency is imported only in its home',
  async check() {
    const { output } = await cruise(
      folders,
      {
        validate: true,
        ruleSet: { forbidden: [...layerRules] },
        tsPreCompilationDeps: true,
        doNotFollow: { path: 'node_modules' },
        exclude: { path: '^(test/fixtures|dist)/' },
      },
      {
        extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
        conditionNames: ['import', 'node', 'default'],
        // A package may name its parts otherwise than its files.
        exportsFields: ['exports'],
      },
    );
    if (typeof output === 'string') return ['dependency-cruiser returned text instead of a result'];
    return [...(await missingModules(output)), ...(await unknownFolders()), ...violations(output)];
  },
};

/** A run that saw too little proves nothing: every source file must be among its modules, with its imports. */
async function missingModules({ modules }: ICruiseResult): Promise<readonly string[]> {
  const files = await Array.fromAsync(glob(sources));
  const seen = modules.filter(({ source }) => files.includes(source));
  const importing = seen.filter(({ dependencies }) => dependencies.length > 0);
  const unseen = files.filter((file) => !seen.some(({ source }) => source === file));
  return [
    ...unseen.map((file) => `${file} was not checked`),
    ...(importing.length > files.length / 2
      ? []
      : [`only ${importing.length} of ${files.length} files were seen to import anything`]),
  ];
}

/** A folder that is missing from the rules would be unrestricted. */
async function unknownFolders(): Promise<readonly string[]> {
  const entries = await readdir('src', { withFileTypes: true });
  const known = [...documents, ...layersOfSource.flatMap(({ folders }) => folders)];
  return entries
    .filter((entry) => entry.isDirectory() && !known.includes(entry.name))
    .map(({ name }) => `src/${name} is missing from layer-rules.ts`);
}

function violations({ summary }: ICruiseResult): readonly string[] {
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}
