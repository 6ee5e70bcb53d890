/**
 * Text from an image, a registry or a container, made safe for a terminal: control characters are shown, not executed.
 * Otherwise a label could move the cursor or rename the window (console_codes(4)).
 */
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/** Replaces control and bidirectional formatting characters by visible escapes such as \n and \e. */
export const visible = (text: string): string =>
  text.replace(
    control,
    (c) =>
      named[c] ??
      (c < '\u0100' ? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}` : `\\u${c.charCodeAt(0).toString(16)}`),
  );
