import { readFile, writeFile } from 'node:fs/promises';
import { projectVersion, versionMentions } from './version-mentions.ts';

/**
 * `npm version X` sets the version in `package.json` and runs this: every other mention follows, and the change log's
 * unreleased changes get the version and the date. npm commits what this has changed.
 */
const version = await projectVersion();
const mentions = (await versionMentions()).filter((mention) => mention.version !== version);
for (const [file, places] of Object.entries(Object.groupBy(mentions, (mention) => mention.file))) {
  let text = await readFile(file, 'utf8');
  // From the end, so that the places before stay where they are.
  for (const place of (places ?? []).sort((one, other) => other.at - one.at)) {
    text = text.slice(0, place.at) + version + text.slice(place.at + place.version.length);
  }
  await writeFile(file, text);
  process.stdout.write(`${file}: ${version}\n`);
}
await dateChanges();

async function dateChanges(): Promise<void> {
  const text = await readFile('CHANGELOG.md', 'utf8');
  const heading = '## [Unreleased]\n';
  if (text.includes(`## [${version}]`) || !text.includes(heading)) return;
  const dated = `## [${version}] - ${new Date().toISOString().slice(0, 10)}\n`;
  await writeFile('CHANGELOG.md', text.replace(heading, `${heading}\n${dated}`));
  process.stdout.write(`CHANGELOG.md: ${dated.slice(3)}`);
}
