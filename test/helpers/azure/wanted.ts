/** A container as it is requested. */
export interface WantedContainer {
  readonly name: string;
  readonly properties: {
    readonly image: string;
    readonly command?: readonly string[];
    readonly environmentVariables?: readonly {
      readonly name: string;
      readonly value?: string;
      readonly secureValue?: string;
    }[];
    readonly volumeMounts?: readonly {
      readonly name: string;
      readonly mountPath: string;
      readonly readOnly?: boolean;
    }[];
    readonly resources?: { readonly requests: WantedAmounts; readonly limits?: WantedAmounts };
    readonly securityContext?: object;
    readonly livenessProbe?: {
      readonly exec: { readonly command: readonly string[] };
      readonly initialDelaySeconds: number;
    };
  };
}

/** Processors and memory. */
export interface WantedAmounts {
  readonly cpu: number;
  readonly memoryInGB: number;
}

/** A group as it is requested. */
export interface WantedGroup {
  readonly location: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly properties: {
    readonly osType: string;
    readonly restartPolicy: string;
    readonly containers: readonly WantedContainer[];
    readonly initContainers?: readonly WantedContainer[];
    readonly volumes?: readonly {
      readonly name: string;
      readonly emptyDir?: object;
      readonly secret?: Readonly<Record<string, string>>;
    }[];
    readonly imageRegistryCredentials?: readonly {
      readonly server: string;
      readonly username?: string;
      readonly password?: string;
    }[];
  };
}

/** What the API tells of one container besides what was requested. */
export interface InstanceView {
  restartCount: number;
  currentState: { state: string; exitCode?: number; detailStatus?: string };
  events: { name: string; type: string; message: string }[];
}
