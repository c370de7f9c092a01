import { secretsPath } from '../../pod/pod-contents.ts';

/** Texts by name. */
export type Files = Readonly<Record<string, string>>;

/** A secret volume of a group, as it is sent: the API never shows its content. None for no files. */
export function secretVolume(role: string, files: Files) {
  if (Object.keys(files).length === 0) return [];
  const secret = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
  );
  return [{ name: `${role}-secrets`, secret }];
}

/** Where a container has that volume; nowhere if there is none. */
export function secretMount(role: string, files: Files) {
  if (Object.keys(files).length === 0) return [];
  return [{ name: `${role}-secrets`, mountPath: `${secretsPath}/${role}`, readOnly: true }];
}
