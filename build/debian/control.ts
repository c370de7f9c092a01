import type { Platform } from '../architecture.ts';
import { debianVersion, packageName } from './names.ts';

/** What the package's control file tells beside its constants. */
export interface ControlFacts {
  readonly version: string;
  readonly platform: Platform;
  readonly maintainer: string;
  /** The space that the files take on a disk, KiB. */
  readonly installedKib: number;
  readonly dependencies: readonly string[];
}

/** The control file of the package (deb-control(5)). */
export function control(facts: ControlFacts): string {
  const fields = {
    Package: packageName,
    Version: debianVersion(facts.version),
    Architecture: facts.platform.oci,
    Maintainer: facts.maintainer,
    'Installed-Size': String(facts.installedKib),
    Depends: facts.dependencies.join(', '),
    Recommends: 'podman | docker.io',
    Enhances: 'multiflexi-executor',
    Section: 'admin',
    Priority: 'optional',
    'Multi-Arch': 'foreign',
    Homepage: 'https://multiflexi.eu/',
    Description: description,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

const description = `job wrapper of MultiFlexi
 MultiFlexi schedules jobs and stores their exit codes, output and artifacts.
 This package runs such a job in a container, unchanged, and delivers all of it
 to MultiFlexi.
 .
 multiflexi-emissary is for MultiFlexi's host: it launches jobs, and prints the
 Kubernetes pod of an application. emissary is the program that runs inside of
 the job's container; it brings its own runtime and starts in any image.`;
