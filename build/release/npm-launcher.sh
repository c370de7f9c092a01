#!/bin/sh
# Starts multiflexi-emissary as it was built for this machine's processor. It needs nothing but a shell.
case $(uname -m) in
  x86_64) processor=amd64 ;;
  aarch64) processor=arm64 ;;
  *)
    echo "multiflexi-emissary: there is no build for $(uname -m); there is one for x86_64 and for aarch64" >&2
    exit 64
    ;;
esac
# npm links to this file: the programs are beside the file itself.
exec "$(dirname "$(readlink -f "$0")")/../linux-$processor/emissary" "$@"
