/** What a role grants, without what it excludes; `*` stands for any text. */
export interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

/** Whether it grants a right: `Microsoft.ContainerInstance/containerGroups/read`. */
export function grants({ actions, notActions }: Permission, right: string): boolean {
  return includes(actions, right) && !includes(notActions, right);
}

function includes(actions: readonly string[], right: string): boolean {
  return actions.some((action) => {
    const parts = action.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 'i').test(right);
  });
}
