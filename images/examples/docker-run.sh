#!/bin/sh
# One job with plain Docker (or podman: ENGINE=podman): install, run, report. MultiFlexi's database, an SQLite file here,
# is on the volume `multiflexi`. A database elsewhere needs no volume, and a network instead of `none`.
ENGINE=${ENGINE:-docker}

$ENGINE run --rm --network none -v emissary:/var/run/argo multiflexi-emissary:0.1.0 init || exit

$ENGINE run --rm --network none -v emissary:/var/run/argo --entrypoint /var/run/argo/emissary \
  busybox:1.36 run -- sh -c 'echo "it runs on $(uname -r)"; echo "and has warnings" >&2; exit 3'
status=$?

$ENGINE run --rm --network none -v emissary:/var/run/argo -v multiflexi:/multiflexi \
  -e MULTIFLEXI_JOB_ID=1 -e MULTIFLEXI_DATABASE_URL=sqlite:///multiflexi/multiflexi.sqlite \
  multiflexi-emissary:0.1.0 wait &&
  # Every job needs a new volume. What could not be delivered is still on it.
  $ENGINE volume rm emissary > /dev/null

# The job's own exit code.
exit $status
