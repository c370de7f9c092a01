/**
 * Whether Kubernetes would change a text in a pod's arguments and values: it expands `$$` to `$` and `$(NAME)` to a
 * value. Podman (4.3) does neither, so such a text would differ between the two.
 */
export function isExpanded(text: string): boolean {
  return /\$[$(]/.test(text);
}

/**
 * Whether a text is unsafe in a pod: it is expanded, or it has several lines and begins with white space. Podman (4.3)
 * rewrites the manifest before it parses it, and then cannot parse such a text.
 */
export function isUnsafeInPod(text: string): boolean {
  return isExpanded(text) || (/^\s/.test(text) && text.includes('\n'));
}

/** The same JSON, escaped so that Kubernetes does not change it. */
export function unexpanded(json: string): string {
  return json.replace(/\$(?=[$(])/g, '\\u0024');
}
