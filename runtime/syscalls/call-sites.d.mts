/** For the tests: the rest is for the build. */
export function withSites(text: string, where: string): string;
