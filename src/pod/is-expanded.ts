/**
 * True for a text that Kubernetes changes in a pod's words and values: it makes `$` of `$$`, and a value of `$(NAME)`.
 * Podman does neither (4.3), so such a text cannot stand in a pod that is to mean the same in both.
 */
export function isExpanded(text: string): boolean {
  return /\$[$(]/.test(text);
}

/**
 * True for a text that cannot stand in a pod: one that is expanded, or one of several lines that begins with white
 * space. Podman (4.3) writes the manifest anew before it reads it, and then cannot read such a text.
 */
export function isUnfit(text: string): boolean {
  return isExpanded(text) || (/^\s/.test(text) && text.includes('\n'));
}

/** The same JSON, without what Kubernetes changes. */
export function unexpanded(json: string): string {
  return json.replace(/\$(?=[$(])/g, '\\u0024');
}
