/**
 * A part of the page that is loaded when it is wanted. A browser drops what it is just loading when the machine's
 * network changes, and each container changes it: then it is asked for once more.
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
