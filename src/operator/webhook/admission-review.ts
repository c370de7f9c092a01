import { isRecord } from '../../base/is-record.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import { jsonPatch } from './json-patch.ts';

/** What the API server asks about: a pod that is to be created. */
export interface Admission {
  readonly uid: string;
  /** That of the request: the pod itself may not have one yet. */
  readonly namespace: string;
  /** Null: it is no creation of a pod. */
  readonly pod: AdmittedPod | null;
}

/** What is answered: a pod, changed or not, and sentences for whoever creates it. */
export interface Admitted {
  readonly pod: AdmittedPod | null;
  readonly warnings: readonly string[];
}

/** Reads an AdmissionReview. @throws Error if it is none */
export function admissionOf(text: string): Admission {
  const review: unknown = JSON.parse(text);
  const request = isRecord(review) ? review['request'] : null;
  if (!isRecord(request) || typeof request['uid'] !== 'string') throw new Error('it is no AdmissionReview');
  const { uid, namespace, operation, object, subResource = '', kind } = request;
  const isPod = isRecord(kind) && kind['group'] === '' && kind['kind'] === 'Pod';
  const isCreated = isPod && operation === 'CREATE' && subResource === '';
  const hasSpec = isRecord(object) && isRecord(object['spec']) && Array.isArray(object['spec']['containers']);
  return {
    uid,
    namespace: typeof namespace === 'string' ? namespace : '',
    pod: isCreated && hasSpec ? (object as unknown as AdmittedPod) : null,
  };
}

/** The AdmissionReview that answers one: whatever happens, the pod is let through. */
export function reviewOf({ uid, pod: before }: Admission, { pod, warnings }: Admitted): object {
  const patch = pod === null ? [] : jsonPatch(before, pod);
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: true,
      ...(warnings.length > 0 && { warnings }),
      ...(patch.length > 0 && {
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
      }),
    },
  };
}
