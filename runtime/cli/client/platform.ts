/** --platform of save, load and push: the API takes it as JSON since version 1.48. */
export function platformQuery(text: string | undefined): { platform?: string } {
  if (!text) return {};
  const [os, architecture, variant] = text.split('/');
  return { platform: JSON.stringify({ os, architecture, ...(variant && { variant }) }) };
}
