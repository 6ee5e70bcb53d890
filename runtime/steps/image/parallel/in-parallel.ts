/**
 * Works through the queue, `most` items at a time. After a failure it begins nothing new and waits for all running
 * work.
 */
export async function inParallel<T>(most: number, queue: T[], work: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  const side = async () => {
    for (let item = queue.shift(); item !== undefined && !failures.length; item = queue.shift()) {
      await work(item).catch((error: unknown) => void failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: most }, side));
  if (failures.length) throw failures[0];
}
