/** What stands round a picture: its name and question, tables, limits, packets, what can be looked into. */
export const panels = {
};
