#!/bin/sh
# Stops the cluster when none of its owners runs any more: a test run that was killed cannot.
#
#   watch.sh RUN NODE
run=$1 node=$2
owned() {
  for owner in "$run"/owners/*; do
    [ -e "/proc/${owner##*/}" ] && return 0
  done
  return 1
}
while owned; do
  sleep 1
done
[ ! -e "$run/pid" ] || exec "$node" --disable-warning=ExperimentalWarning "$(dirname "$0")/cluster.ts" release
