/** How a registry is logged into. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}
