/** Types for the tests, which import only this function. */
export function withSites(text: string, where: string): string;
