/** In BuildKit's grammar: an address of the web is a repository when its path ends with .git. */
export const isRepository = (text: string): boolean =>
  /^(git|ssh):\/\/|^git@|^https?:\/\/[^?#]*\.git(#.*)?$/i.test(text);
