/** What programs import: the resource classes and the types of their arguments. */

export * from "./resources";
