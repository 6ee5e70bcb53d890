/** What is written in the pictures, in their tables, and what is said of their parts. */
export const draw = {
};
