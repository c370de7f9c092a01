import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { makeCertificate } from '../helpers/certificate.ts';
import { freePort } from '../helpers/free-port.ts';
import { jobImage } from '../helpers/launcher-parts.ts';
import { injectLabel, podOf, type WebhookPlace, webhookPlace } from '../helpers/webhook.ts';

test('webhook: called again after another one has added a container, it changes nothing more', async (t) => {
  const place = await webhookPlace(t, { labels: { [injectLabel]: 'true' } });
  if (place === null) return;
  await place.start();
  const asked = await anotherWebhook(t, place);
  const command = ['sh', '-c', 'echo of the job'];
  await place.apply(podOf('beside', '', { containers: [{ name: 'job', image: jobImage, command }] }));
  const { spec } = await place.pod('beside');
  assert.deepEqual(
    [spec.initContainers?.map(({ name }) => name), spec.containers.map(({ name }) => name)],
    [
      ['emissary-install', 'emissary-reporter'],
      ['job', 'mesh'],
    ],
  );
  assert.deepEqual(spec.containers[0]?.command, ['/var/run/argo/emissary', 'run', '--', ...command]);
  // It was asked once before us or after us; both were asked, whatever the order.
  assert.ok(asked.length >= 1);
  await place.ended('beside');
  assert.equal((await place.kubectl('logs', 'beside')).stdout, 'of the job');
});

/** Adds a container to each pod, as a mesh does. Its name sorts behind ours, so that it is asked after us. */
async function anotherWebhook(t: TestContext, place: WebhookPlace): Promise<readonly string[]> {
  const { key, cert } = makeCertificate(t, 'IP:127.0.0.1');
  const asked: string[] = [];
  const server = createServer({ key, cert }, (request, answer) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { uid, object } = JSON.parse(Buffer.concat(pieces).toString()).request;
      asked.push(uid);
      const isThere = object.spec.containers.some(({ name }: { name: string }) => name === 'mesh');
      const container = { name: 'mesh', image: jobImage, command: ['sh', '-c', 'exit 0'] };
      const patch = [{ op: 'add', path: '/spec/containers/-', value: container }];
      const response = {
        uid,
        allowed: true,
        ...(!isThere && {
          patchType: 'JSONPatch',
          patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
        }),
      };
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }));
    });
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  atEnd(t, () => {
    server.close();
    server.closeAllConnections();
  });
  const name = `${place.configuration}-zzz`;
  const configuration = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: 'mesh.example.org',
        clientConfig: {
          url: `https://127.0.0.1:${port}/`,
          caBundle: Buffer.from(cert).toString('base64'),
        },
        namespaceSelector: { matchLabels: { 'webhook-test': place.namespace } },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
      },
    ],
  };
  atEnd(t, () => place.cluster.kubectl(['delete', 'mutatingwebhookconfiguration', name]));
  const made = await place.cluster.kubectl(['apply', '--filename', '-'], { objects: [configuration] });
  assert.equal(made.exitCode, 0, made.stderr);
  return asked;
}
