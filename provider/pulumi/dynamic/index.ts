/** What programs import: the resource classes and the types of their arguments and outputs. */

export * from "./resources";
export type * as output from "./outputs";
