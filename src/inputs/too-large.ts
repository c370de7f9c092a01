/** Why an input is refused that has more than so many bytes. */
export function tooLarge(most: number): string {
  return `larger than the ${most} bytes of an input`;
}
