/**
 * True for a text that Kubernetes changes in a pod's words and values: it makes `$` of `$$`, and a value of `$(NAME)`.
 * Podman does neither (4.3), so such a text cannot stand in a pod that is to mean the same in both.
 */
export function isExpanded(text: string): boolean {
  return /\$[$(]/.test(text);
}
