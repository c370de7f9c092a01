import { debianVersion, packageName } from './names.ts';

/** Debian's changelogs are read on terminals of 80 columns. */
const width = 78;

/** What of CHANGELOG.md belongs to one version. */
interface Changes {
  readonly version: string;
  /** RFC 3339, or null for what is released now. */
  readonly date: string | null;
  readonly items: readonly string[];
}

/**
 * The package's changelog (deb-changelog(5)), made from CHANGELOG.md: unreleased changes are those of this version.
 *
 * @param text of CHANGELOG.md
 * @param version of the release
 * @param seconds the release's time, since 1970
 * @param maintainer who signs the entries
 */
export function debianChangelog(text: string, version: string, seconds: number, maintainer: string): string {
  const found = changesOf(text, version);
  const versions = [...new Set([version, ...found.map((changes) => changes.version)])];
  return versions
    .map((each) => {
      const own = found.filter((changes) => changes.version === each);
      const items = own.flatMap((changes) => changes.items);
      const date = each === version ? null : own.find((changes) => changes.date !== null)?.date;
      const time = date ? new Date(date) : new Date(seconds * 1000);
      return [
        `${packageName} (${debianVersion(each)}) unstable; urgency=medium`,
        '',
        ...(items.length === 0 ? ['A new release.'] : items).map(bullet),
        '',
        ` -- ${maintainer}  ${time.toUTCString().replace('GMT', '+0000')}`,
        '',
      ].join('\n');
    })
    .join('\n');
}

function changesOf(text: string, current: string): readonly Changes[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [heading = '', ...lines] = part.split('\n');
      const [, name = '', date = null] = /^\[(.+?)\](?: - (\S+))?/.exec(heading) ?? [];
      const items = lines
        .join('\n')
        .split(/^### /m)
        .flatMap((group) => itemsOf(group));
      return { version: name === 'Unreleased' ? current : name, date, items };
    });
}

/** The items of a group such as `Added`, each on one line. */
function itemsOf(group: string): readonly string[] {
  const [title = '', ...items] = group.split(/^- /m);
  return items.map((item) => `${title.trim()}: ${item.replace(/\s+/g, ' ').trim()}`);
}

function bullet(text: string): string {
  const lines: string[] = [];
  let line = '  *';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > width) {
      lines.push(line);
      line = `    ${word}`;
    } else line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}
