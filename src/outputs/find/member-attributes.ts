import { attributeNames, attributeValue } from '../../kernel/extended-attributes.ts';
import type { Skipped } from '../skipped.ts';
import { aclText } from './acl-text.ts';
import type { BytePath } from './byte-path.ts';
import type { Attributes, Member } from './member.ts';

/** Attributes of the host or the container engine (SELinux labels, overlayfs) are not part of the tree. */
const foreign =
  /^(?:security\.(?!capability$)|trusted\.overlay\.|user\.overlay\.|system\.(?!posix_acl_(?:access|default)$))/;
const aclKeywords: Readonly<Record<string, string>> = {
  'system.posix_acl_access': 'SCHILY.acl.access',
  'system.posix_acl_default': 'SCHILY.acl.default',
};

/**
 * Adds extended attributes, ACLs and capabilities to members if they are to be kept; else records once how many files
 * lose some.
 *
 * @param options `path`: the artifact's, for that record; `mode`: `kept`, or why they are not kept
 */
export function* withAttributes(
  members: Iterable<Member | null>,
  { path, mode, skipped }: { readonly path: BytePath; readonly mode: Mode; readonly skipped: Skipped },
): Generator<Member | null> {
  let lost = 0;
  for (const member of members) {
    // Kernel files have none.
    const names = member === null || member.content !== null ? [] : namesOf(member.path);
    if (member === null || names.length === 0) {
      yield member;
    } else if (mode === 'kept') {
      yield { ...member, attributes: attributesOf(member.path, names) };
    } else {
      lost += 1;
      yield member;
    }
  }
  if (lost > 0)
    skipped.add(
      path,
      `extended attributes, ACLs or capabilities of ${lost} of its files are not saved: ${reasons[mode]}`,
    );
}

/** Whether the attributes are kept, or why not. */
export type Mode = 'kept' | 'not wanted' | 'not in a ZIP file' | 'not of a bare file';

const reasons: Readonly<Record<Mode, string>> = {
  kept: '',
  'not wanted': 'set "xattrs": true in its archive to save them',
  'not in a ZIP file': 'a ZIP file cannot contain them',
  'not of a bare file': 'save it as an archive ("tar" with "xattrs": true) to save them',
};

function namesOf(path: BytePath): readonly string[] {
  const names = attributeNames(path);
  return names.length === 0 ? names : names.filter((name) => !foreign.test(name));
}

function attributesOf(path: BytePath, names: readonly string[]): Attributes {
  const found = new Map<string, Buffer>();
  for (const name of names) {
    const value = attributeValue(path, name);
    const acl = aclKeywords[name];
    if (value === null) continue;
    // As in GNU tar: the first `=` ends a keyword.
    const keyword = name.replaceAll('%', '%25').replaceAll('=', '%3D');
    if (acl === undefined) found.set(`SCHILY.xattr.${keyword}`, value);
    else found.set(acl, Buffer.from(aclText(value) ?? ''));
  }
  return found;
}
