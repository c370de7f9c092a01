#!/bin/bash
# The first process of the cluster's own mount and PID namespace: makes the machine look like a node, then starts all
# programs. When it is killed, the kernel kills all of them. README.md says why each step is needed.
#
#   node.sh RUN BIN API_PORT ETCD_PORT NODE_ADDRESS API_ADDRESS SERVICES
set -u
run=$1 bin=$2 apiPort=$3 etcdPort=$4 nodeAddress=$5 apiAddress=$6 services=$7
cd "$run" || exit

mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/lock
mkdir -p "$run/var-lib"
mount -t tmpfs tmpfs "$run/var-lib"
mkdir "$run/var-lib/upper" "$run/var-lib/work"
mount -t overlay overlay -o "lowerdir=/var/lib,upperdir=$run/var-lib/upper,workdir=$run/var-lib/work" /var/lib
mount --bind "$run/log" /var/log
mkdir -p "$run/instead"
echo 'nameserver 127.0.0.1' >"$run/instead/resolv.conf"
mount --bind "$run/instead/resolv.conf" /etc/resolv.conf
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
  kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  name=${setting%=*}
  echo "${setting#*=}" >"$run/instead/${name//\//.}"
  mount --bind "$run/instead/${name//\//.}" "/proc/sys/$name"
done

unset http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY KUBECONFIG
export TMPDIR=$run/tmp PATH=$bin:$PATH GOGC=200
mkdir -p "$TMPDIR"
pki=$run/pki

start() {
  "$@" >"$run/log/$1.log" 2>&1 &
}

start etcd --name test --data-dir "$run/etcd" --unsafe-no-fsync --log-level warn \
  --listen-client-urls "http://127.0.0.1:$etcdPort" --advertise-client-urls "http://127.0.0.1:$etcdPort" \
  --listen-peer-urls http://127.0.0.1:0 --initial-advertise-peer-urls http://127.0.0.1:0 \
  --initial-cluster test=http://127.0.0.1:0
start containerd --config "$run/settings/containerd.toml"
start kube-apiserver --etcd-servers="http://127.0.0.1:$etcdPort" --bind-address=127.0.0.1 \
  --secure-port="$apiPort" --advertise-address="$nodeAddress" --service-cluster-ip-range="$services" \
  --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" --client-ca-file="$pki/ca.crt" \
  --kubelet-client-certificate="$pki/apiserver.crt" --kubelet-client-key="$pki/apiserver.key" \
  --kubelet-certificate-authority="$pki/ca.crt" --kubelet-preferred-address-types=InternalIP \
  --service-account-issuer=https://kubernetes.default.svc.cluster.local \
  --service-account-key-file="$pki/serviceaccounts.pub" \
  --service-account-signing-key-file="$pki/serviceaccounts.key" \
  --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement --allow-privileged --profiling=false
apiserver=$!
# The others look again only after seconds when they find no API server.
until KUBECONFIG=$pki/admin.kubeconfig kubectl get --raw /readyz >/dev/null 2>&1; do
  # The port is taken, or etcd's.
  kill -0 "$apiserver" 2>/dev/null || exit 1
  sleep 0.1
done
start kube-controller-manager --kubeconfig="$pki/controllers.kubeconfig" --leader-elect=false \
  --use-service-account-credentials --service-account-private-key-file="$pki/serviceaccounts.key" \
  --root-ca-file="$pki/ca.crt" --cluster-signing-cert-file="$pki/ca.crt" --cluster-signing-key-file="$pki/ca.key" \
  --bind-address=127.0.0.1 --secure-port=0 --profiling=false
start kube-scheduler --kubeconfig="$pki/scheduler.kubeconfig" --leader-elect=false --secure-port=0 --profiling=false
start socat "TCP-LISTEN:443,bind=$apiAddress,fork,reuseaddr" "TCP:127.0.0.1:$apiPort"
start kubelet --config="$run/settings/kubelet.json" --kubeconfig="$pki/kubelet.kubeconfig" --root-dir="$run/kubelet" \
  --cert-dir="$pki" --hostname-override=node --node-ip="$nodeAddress"
# A node does not end when one of its programs does.
while true; do
  wait
  sleep 1
done
