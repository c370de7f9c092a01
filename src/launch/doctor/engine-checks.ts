import { addressCheck } from './address-check.ts';
import { apiCheck } from './api-check.ts';
import type { Check } from './check.ts';
import { containerCheck } from './container-check.ts';
import { EngineAccess } from './engine-access.ts';
import { imageCheck } from './image-check.ts';
import { rootlessChecks } from './rootless-checks.ts';
import { runtimeDirectoryCheck } from './runtime-directory-check.ts';
import { selinuxCheck } from './selinux-check.ts';
import { socketCheck } from './socket-check.ts';
import type { Subject } from './subject.ts';

/** What an engine with Docker's API needs. @param image null: none is checked */
export function engineChecks(
  name: 'docker' | 'podman',
  subject: Subject,
  image: string | null,
): readonly Check[] {
  const { environment } = subject;
  const access = new EngineAccess(name, subject);
  return [
    ...(name === 'podman' ? [runtimeDirectoryCheck(environment)] : []),
    addressCheck(access, environment),
    socketCheck(access),
    apiCheck(access),
    ...(name === 'podman' ? rootlessChecks(access) : []),
    selinuxCheck(access),
    ...(image === null ? [] : [imageCheck(access, image, environment)]),
    containerCheck(access, subject),
  ];
}
