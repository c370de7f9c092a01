const name = 'launch-token';

/** The token of a pod's service account, as Kubernetes mounts it by itself: an operator switches that off. */
export const tokenVolume = {
  name,
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3_607 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
} as const;

/** Where programs look for it. */
export const tokenMount = {
  name,
  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
  readOnly: true,
} as const;
