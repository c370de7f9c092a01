import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addresses, machineNames, pauseImage } from './places.ts';

/** Writes the settings of containerd, of its network and of the kubelet. README.md says why each unusual one is needed. */
export async function writeNodeSettings(run: string): Promise<void> {
  await mkdir(join(run, 'settings/cni'), { recursive: true });
  await writeFile(join(run, 'settings/containerd.toml'), containerd(run));
  await writeFile(join(run, 'settings/cni/10-pods.conflist'), JSON.stringify(network(run)));
  await writeFile(join(run, 'settings/kubelet.json'), JSON.stringify(kubelet(run)));
}

function containerd(run: string): string {
  return `version = 2
root = "${run}/containerd/root"
state = "${run}/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "${run}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "${run}/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${run}/settings/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

function network(run: string): object {
  const ipam = {
    type: 'host-local',
    dataDir: `${run}/cni`,
    ranges: [[{ subnet: addresses.pods, gateway: addresses.node }]],
    routes: [{ dst: '0.0.0.0/0', gw: addresses.node }],
  };
  const bridge = {
    type: 'bridge',
    bridge: machineNames.bridge,
    isGateway: false,
    ipMasq: false,
    hairpinMode: true,
  };
  return { cniVersion: '0.4.0', name: 'pods', plugins: [{ ...bridge, ipam }] };
}

function kubelet(run: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: addresses.node,
    port: addresses.kubeletPort,
    healthzPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${run}/pki/ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: `${run}/pki/kubelet.crt`,
    tlsPrivateKeyFile: `${run}/pki/kubelet.key`,
    containerRuntimeEndpoint: `unix://${run}/containerd.sock`,
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: true,
    cgroupRoot: `/${machineNames.group}`,
    enforceNodeAllocatable: ['pods'],
    failCgroupV1: false,
    failSwapOn: false,
    protectKernelDefaults: false,
    oomScoreAdj: 0,
    makeIPTablesUtilChains: false,
    podLogsDir: `${run}/log/pods`,
    volumePluginDir: `${run}/kubelet/volume-plugins`,
    clusterDomain: 'cluster.local',
    resolvConf: '',
    serializeImagePulls: false,
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
      'nodefs.inodesFree': '1%',
    },
    // Images that were imported cannot be pulled again.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    nodeStatusUpdateFrequency: '4s',
    syncFrequency: '10s',
    // How soon an emptyDir over its limit is noticed.
    volumeStatsAggPeriod: '10s',
    fileCheckFrequency: '1h',
    registerNode: true,
  };
}
