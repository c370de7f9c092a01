import { glob, readFile } from 'node:fs/promises';
import ts from 'typescript';
import type { Gate } from './gate.ts';

const sources = ['src/**/*.ts'];

/** Importers read there what an export is, in which unit, and how it fails. */
export const documented: Gate = {
  name: 'documented',
  title: 'every export of src has a doc comment',
  async check() {
    const files = (await Array.fromAsync(glob(sources))).sort();
    const exports = (await Promise.all(files.map(exportsOf))).flat();
    const undocumented = exports
      .filter(({ isDocumented }) => !isDocumented)
      .map(({ place }) => `${place} has no doc comment`);
    return exports.length === 0 ? ['no export was checked'] : undocumented;
  },
};

interface Export {
  readonly place: string;
  readonly isDocumented: boolean;
}

async function exportsOf(file: string): Promise<readonly Export[]> {
  const source = ts.createSourceFile(file, await readFile(file, 'utf8'), ts.ScriptTarget.Latest, true);
  return source.statements.filter(isExported).map((statement) => {
    const { line } = source.getLineAndCharacterOfPosition(statement.getStart());
    const isDocumented = ts.getJSDocCommentsAndTags(statement).length > 0;
    return { place: `${file}:${line + 1}`, isDocumented };
  });
}

function isExported(statement: ts.Statement): boolean {
  if (!ts.canHaveModifiers(statement)) return false;
  return ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}
