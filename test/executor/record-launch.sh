#!/bin/sh
# A stand-in for `multiflexi-emissary launch`. Records what it was given in the directory EMISSARY_TEST_RECORD, then runs
# the shell commands in EMISSARY_TEST_SCRIPT, with the options in variables: $copy_report, $collect, $variables, …
record=$EMISSARY_TEST_RECORD
cat "/proc/$$/cmdline" >"$record/argv"
cat "/proc/$$/environ" >"$record/environ"
grep -E '^Sig(Ign|Blk)' /proc/self/status >"$record/signals"
pwd >"$record/directory"
shift
while [ $# -gt 1 ]; do
  case $1 in
  --variables | --report-variables)
    stat -c '%a %n' "$2" "$(dirname "$2")" "$(dirname "$(dirname "$2")")" >>"$record/modes"
    cp "$2" "$record/"
    ;;
  esac
  eval "$(echo "${1#--}" | tr - _)=\$2"
  shift 2
done
cp "$1" "$record/application.json"
eval "$EMISSARY_TEST_SCRIPT"
