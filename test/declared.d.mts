export function requiresNothing(text: string): boolean;
