/**
 * Loads a part of the page on demand. A browser aborts loads when the machine's network changes, and each container
 * changes it; so a failed load is tried once more.
 */
const AGAIN_MS = 300;

export async function fetched<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    return load();
  }
}
