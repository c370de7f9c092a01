/** A container's name: a DNS label (RFC 1123), as Kubernetes has it. It is also a directory's name on the volume. */
export const containerNamePattern: RegExp = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
