const introduction = `This package contains the program \`multiflexi-emissary\` for Linux: \`npx multiflexi-emissary --help\`. It needs nothing
else. What follows is the README of the sources: files and paths that it names, such as \`src/settings\`, are there.
`;

/**
 * The README of the npm package: that of the sources, with an introduction, and without the links to documents that
 * the package does not contain.
 *
 * @param packed the documents that it contains
 */
export function npmReadme(readme: string, packed: readonly string[]): string {
  const linked = readme.replace(/\[([^\]]+)\]\(([^)]+)\)/g, (link, text: string, target: string) =>
    /^(?:https:|#)/.test(target) || packed.includes(target) ? link : text,
  );
  return linked.replace('\n', () => `\n\n${introduction}`);
}
