/** A Kubernetes object. */
export type KubernetesObject = Readonly<Record<string, unknown>>;
