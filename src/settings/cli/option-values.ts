/**
 * The values that an option accepts, by the option's name, where they can be listed. This table is only for the
 * completion in shells; the settings check a value themselves.
 */
export const optionValues: Readonly<Record<string, readonly string[]>> = {
  engine: ['native', 'docker', 'podman', 'kubernetes', 'azure'],
  report: ['host', 'sidecar', 'none'],
  keep: ['never', 'failed', 'always'],
  pull: ['missing', 'always', 'never'],
  'on-term': ['stop', 'detach'],
  kind: ['pod', 'job'],
};
