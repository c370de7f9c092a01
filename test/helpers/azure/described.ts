import type { Group } from './group.ts';
import type { WantedContainer } from './wanted.ts';

/** A group as the API shows it: neither the content of secret volumes nor secure values are in it. */
export function described(group: Group, id: string): object {
  const { location, tags = {}, properties } = group.wanted;
  const {
    initContainers = [],
    containers,
    volumes = [],
    imageRegistryCredentials = [],
    ...others
  } = properties;
  return {
    id,
    name: group.name,
    type: 'Microsoft.ContainerInstance/containerGroups',
    location,
    tags,
    properties: {
      ...others,
      provisioningState: group.provisioningState,
      initContainers: initContainers.map((each) => container(group, each)),
      containers: containers.map((each) => container(group, each)),
      volumes: volumes.map(({ name, emptyDir }) =>
        emptyDir === undefined ? { name, secret: {} } : { name, emptyDir },
      ),
      imageRegistryCredentials: imageRegistryCredentials.map(({ server, username }) => ({
        server,
        username,
      })),
      instanceView: { state: group.state, events: group.events },
    },
  };
}

/** A list does not have the states of containers. */
export function listed({ name, provisioningState, wanted }: Group, id: string): object {
  const { location, tags = {} } = wanted;
  return { id, name, location, tags, properties: { provisioningState } };
}

function container(group: Group, { name, properties }: WantedContainer): object {
  const { environmentVariables = [] } = properties;
  return {
    name,
    properties: {
      ...properties,
      environmentVariables: environmentVariables.map(({ secureValue: _, ...shown }) => shown),
      instanceView: group.views.get(name) ?? null,
    },
  };
}
