/** The guest's results: lines on the serial console, between the kernel's messages. */
export interface Result {
  name: string;
  ms: number;
  error?: string;
}

const MARK = '@drydock ';
const END = `${MARK}end`;
export const resultLine = (result: Result): string => `\n${MARK}${JSON.stringify(result)}\n`;
export const endLine = `\n${END}\n`;

/** Throws with the last lines of the console if the guest did not finish. */
export function readResults(console: string): Result[] {
  const lines = console.split(/\r?\n/);
  if (!lines.includes(END))
    throw new Error(`the virtual machine did not come to its end; its console says\n${lines.slice(-40).join('\n')}`);
  return lines
    .filter((line) => line.startsWith(`${MARK}{`))
    .map((line) => JSON.parse(line.slice(MARK.length)) as Result);
}
