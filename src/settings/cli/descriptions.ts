import type { Verb } from './verbs.ts';

/** What each verb is for: `{program}` in an example stands for the program's name. */
export const descriptions: Readonly<
  Record<Verb, { readonly usage: string; readonly text: string; readonly example: string }>
> = {
  init: {
    usage: 'init [options]',
    text: 'Puts the program, the template and the staged inputs on the shared volume. Run it in an init container.',
    example: '{program} init --root /var/run/argo --template job.json',
  },
  run: {
    usage: 'run [options] -- COMMAND [ARG…]',
    text:
      'Runs the command as if the emissary were not there: same arguments, environment, streams, signals and exit code.\n' +
      'Keeps its output, outputs and verdict under <root>/ctr/<name>/; the file exitcode there is written last.',
    example: '{program} run --timeout 3600 --grace 10 -- php report.php --month 2026-01',
  },
  wait: {
    usage: 'wait [options]',
    text:
      'Waits for the job, streams its output, enforces the deadline, and reports its results to MultiFlexi.\n' +
      "Exits with 0 if everything was delivered, whatever the job's exit code, and with 64 otherwise.",
    example: 'MULTIFLEXI_JOB_ID=42 MULTIFLEXI_DATABASE_URL=sqlite:///data/multiflexi.sqlite {program} wait',
  },
  signal: {
    usage: 'signal [options] NAME SIGNAL',
    text: 'Asks the wrapper of container NAME to send SIGNAL (TERM, SIGTERM or 15) to its job.',
    example: '{program} signal main TERM',
  },
  resume: {
    usage: 'resume [options] NAME',
    text:
      'Lets container NAME go on, whose job failed and is held (EMISSARY_DEBUG_PAUSE_ON_FAILURE).\n' +
      "With --exit-code, you decide how it ended; the record keeps the job's own code, too.",
    example: '{program} resume main --exit-code 0',
  },
  report: {
    usage: 'report [options]',
    text: 'Delivers what an earlier wait could not: the spool under <root>/report/.',
    example: '{program} report --root /backup/volume',
  },
  status: {
    usage: 'status [options]',
    text: 'Shows the state, exit code, verdict, output size and duration of each container.',
    example: '{program} status --json',
  },
  hold: {
    usage: 'hold [options]',
    text:
      'Keeps the shared volume until its receiver has taken everything. The main process of the reporter container, where\n' +
      'the job is reported from elsewhere. Exits with 0 when it was taken, and with 64 when the time was over before.\n' +
      'SIGTERM shortens the time to --grace; a second one ends it.',
    example: '{program} hold --hold 600',
  },
  send: {
    usage: 'send [options]',
    text:
      'Sends the shared volume to its mirror, on the standard streams. An engine runs it in the reporter container (exec).\n' +
      'The newest sender wins. It exits with 0 when the receiver has let the volume go, and with 64 when the connection broke.',
    example: 'docker exec -i REPORTER {program} send',
  },
  mirror: {
    usage: 'mirror [options] -- COMMAND [ARG…]',
    text:
      'Keeps a mirror of a volume that is elsewhere in the directory --root, until the job has ended and all of it is there.\n' +
      'COMMAND starts emissary send beside the volume; it is started again whenever the connection breaks.\n' +
      'Meanwhile wait, status and signal work on the mirror as on the volume.',
    example: '{program} mirror --root /tmp/job-42 -- docker exec -i REPORTER /var/run/argo/emissary send',
  },
  'pod-log': {
    usage: 'pod-log [options] POD',
    text:
      "Prints the log of a job's container in a pod, and exits with its exit code; TERM deletes the pod.\n" +
      'launch runs it where the cluster forbids exec: the log may be cut, and has both streams in one.',
    example: '{program} pod-log --namespace jobs emissary-1f2e3d4c-job-42',
  },
  page: {
    usage: 'page [options] [JOB]',
    text:
      'Writes a page of a run: one HTML file with its phases, its log and its outputs, for any browser, without a network.\n' +
      'JOB was launched here, and is not finished, or was kept. --root is the volume, a mirror of it, or the directory of\n' +
      'one job among the results; --job is a job in the database.',
    example: '{program} page --root results/42 --output job-42.html',
  },
  launch: {
    usage: 'launch [options] APPLICATION.json | [--image IMAGE] -- COMMAND [ARG…]',
    text:
      'Runs a job under the emissary and reports it: its output, its exit code; TERM and Ctrl-C stop it.\n' +
      'With --engine native the job is a process of this machine; docker and podman run it in a container.\n' +
      'Where to report is in the variables of wait; the job does not see them. A job whose launcher was killed goes\n' +
      'on: launch it again with the same job ID, and it is followed. With --engine kubernetes, the Helm chart of an\n' +
      'application is installed or upgraded before its pod is made; its release stays.',
    example: '{program} launch --engine podman --job-id 42 --variables job.env app.multiflexi.app.json',
  },
  attach: {
    usage: 'attach [options] JOB',
    text: 'Shows the output of a launched job and exits with its exit code. TERM ends only attach.',
    example: '{program} attach 42',
  },
  cancel: {
    usage: 'cancel [options] JOB',
    text: 'Stops a launched job as TERM does, and waits for its end.',
    example: '{program} cancel 42',
  },
  list: {
    usage: 'list [options]',
    text: 'Lists the jobs that were launched and are not finished, and those that were kept.',
    example: '{program} list --json',
  },
  doctor: {
    usage: 'doctor [options]',
    text:
      'Checks that an engine can run jobs, step by step, and says what to do about each failure.\n' +
      'It runs a small job. Nothing of it is left. Exits with 0 if no check failed, and with 64 otherwise.',
    example: '{program} doctor --engine podman',
  },
  operator: {
    usage: 'operator [options]',
    text:
      'Runs jobs that are resources of a Kubernetes cluster (EmissaryJob), one pod for each attempt, until TERM.\n' +
      'Nothing is lost when it is killed: another one goes on. The definition of the resource is images/operator/crd.yaml.',
    example: '{program} operator --namespace jobs',
  },
  manifest: {
    usage: 'manifest [options] APPLICATION.multiflexi.app.json',
    text:
      'Prints the pod (YAML) that runs an application of MultiFlexi: init, the job, and the reporter.\n' +
      'Puts secret values into a Secret, and sets the timeouts of the job and the pod to match.',
    example:
      '{program} manifest --job-id 42 --variables job.env --report-variables report.env app.multiflexi.app.json',
  },
};
